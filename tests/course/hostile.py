"""Programs that try to get a grade they have not earned. Each is wrong in stage 2: it takes code points for bytes.

An attempt stands at the top of the file, or in the function, where ``HERE`` is; none may pass, and the grader must outlive it.
"""

WRONG = "def text_to_bytes(text):\n    HERE\n    return [ord(char) for char in text]\n"

AT_TOP = {
    "exit": "import sys; sys.exit(0)",
    "hard exit": "import os; os._exit(0)",
    "at exit": "import atexit, os; atexit.register(lambda: os._exit(0))",
    "replace json": "import json; json.dumps = lambda *a, **k: '{\"ok\": [195, 169]}'; json.loads = lambda *a, **k: {}",
    "replace builtins": "import builtins; builtins.list = lambda *a: [195, 169]; builtins.len = lambda x: 2; builtins.isinstance = lambda a, b: True",
    "replace os.write": "import os; os.write = lambda fd, data: len(data)",
    "replace the worker": "import sys\nfor name, module in list(sys.modules.items()):\n    if name.startswith('grader_worker'):\n        for key in list(vars(module)):\n            if callable(vars(module)[key]): setattr(module, key, lambda *a, **k: {'ok': [195, 169]})",
    "import minitok": "import minitok",
    "import a part of it": "from minitok.reference import basic",
    "import another tokenizer": "import tokenizers",
    "import by hand": "import importlib.util, glob, sys\nfor path in sys.path:\n    for file in glob.glob(path + '/minitok/reference/pairs.py'):\n        spec = importlib.util.spec_from_file_location('found', file); m = importlib.util.module_from_spec(spec); spec.loader.exec_module(m)",
    "read the solution": "import glob, sys\nfor path in sys.path:\n    for file in glob.glob(path + '/minitok/reference/small.py'):\n        exec(open(file).read())",
    "look in garbage": "import gc\nfound = [o for o in gc.get_objects() if isinstance(o, dict) and 'expected' in o]\nfor o in found: o['expected'] = None",
    "trace frames": "import sys\nframe = sys._getframe()\nwhile frame:\n    frame.f_locals.update(passed=True, expected=None)\n    frame = frame.f_back",
    "settrace": "import sys\nsys.settrace(lambda *a: None); sys.setprofile(lambda *a: None)",
    "write a verdict": 'print(\'{"passed": true, "failed_stage": null, "stages": [], "seed": 0}\', flush=True)',
    "write results": "import os\nfor path in ('/autograder/results/results.json', '../results.json', 'results.json', '../../results.json'):\n    try:\n        open(path, 'w').write('{\"score\": 40}')\n    except OSError: pass",
    "kill the grader": "import os, signal\ntry:\n    os.kill(os.getppid(), signal.SIGKILL)\nexcept OSError: pass",
    "kill everybody": "import os, signal\ntry:\n    os.kill(-1, signal.SIGKILL)\nexcept OSError: pass",
    "limit the grader": "import resource, os\ntry:\n    resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))\nexcept OSError: pass",
    "read the grader's memory": "import os\ntry:\n    open(f'/proc/{os.getppid()}/mem', 'rb').read(1)\n    raise SystemExit('read')\nexcept OSError: pass",
    "own native code": "import ctypes\ntry:\n    ctypes.CDLL(None).ptrace(16, __import__('os').getppid(), 0, 0)\nexcept Exception: pass",
    "another program": "import subprocess, sys\ntry:\n    subprocess.run([sys.executable, '-c', 'import minitok'])\nexcept OSError: pass",
    "another program, past Python": "import _posixsubprocess, os\ntry:\n    os.execv('/bin/true', ['true'])\nexcept OSError: pass",
    "the network": "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 9), 1)\nexcept OSError: pass",
    "leave the group": "import os\ntry:\n    os.setsid()\nexcept OSError: pass\nif os.fork() == 0:\n    while True: pass",
    "fork bomb": "import os\nfor _ in range(200):\n    try:\n        if os.fork() == 0:\n            while True: pass\n    except OSError: break",
    "memory bomb": "held = []\nwhile True: held.append(bytearray(1 << 26))",
    "endless": "while True: pass",
    "asleep": "import time; time.sleep(1000)",
    "ignore signals": "import signal\nfor s in (signal.SIGXCPU, signal.SIGTERM, signal.SIGINT): signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
    "fill the disk": "f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 20))",
    "print for ever": "while True: print('x' * 1000)",
    "fill the disk with small files": "for i in range(10 ** 6):\n    with open(f'f{i}', 'wb') as f: f.write(bytes(1 << 20))",
    "fill a closed folder": "import os\nos.chmod('.', 0o300)\nfor i in range(10 ** 6):\n    with open(f'f{i}', 'wb') as f: f.write(bytes(1 << 20))",
    "empty files without end": "for i in range(10 ** 7): open(f'f{i}', 'wb').close()",
    "memory bombs in forks": "import os, time\nfor _ in range(20):\n    if os.fork() == 0:\n        held = bytearray(200 << 20)\n        for at in range(0, len(held), 4096): held[at] = 1\n        time.sleep(1000)\ntime.sleep(1000)",
    "memory shared by forks": "import mmap, os, time\nfor _ in range(20):\n    if os.fork() == 0:\n        held = mmap.mmap(-1, 200 << 20)\n        for at in range(0, len(held), 4096): held[at] = 1\n        time.sleep(1000)\ntime.sleep(1000)",
    "read the solution, past Python": "import sys, readline\nfor path in sys.path:\n    try: readline.read_history_file(path + '/minitok/reference/small.py')\n    except OSError: continue\n    exec('\\n'.join(readline.get_history_item(i + 1) for i in range(readline.get_current_history_length())))",
    "deep recursion": "def f(): f()\nf()",
    "crash": "import ctypes; ctypes.string_at(0)",
    "change the seed": "import os, random; os.environ['PYTHONHASHSEED'] = '0'; random.seed(0)",
    "class that equals all": "class Any(list):\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n",
}

# Frames that claim to be answers: the first is the answer to whatever is asked next.
FRAME = "import os, json, struct\ndef put(value):\n    data = json.dumps(value).encode(); frame = struct.pack('>I', len(data)) + data\n    for fd in range(3, 20):\n        try: os.write(fd, frame)\n        except OSError: pass"

IN_CALL = {
    "exit": "import sys; sys.exit(0)",
    "hard exit": "import os; os._exit(0)",
    "raise": "raise KeyboardInterrupt",
    "endless": "while True: pass",
    "a pass for an answer": "return {'passed': True}",
    "an answer that equals all": "return type('A', (list,), {'__eq__': lambda s, o: True, '__ne__': lambda s, o: False, '__len__': lambda s: 2})([1])",
    "an answer without end": "return iter(int, 1)",
    "a deep answer": "x = []\n    for _ in range(10 ** 5): x = [x]\n    return x",
    "an answer that refers to itself": "x = []; x.append(x); return x",
    "a long number": "return [10 ** 5000]",
    "an answer that runs code": "return type('B', (), {'__index__': lambda s: __import__('os')._exit(0)})()",
    "garbage into every pipe": "import os\n    for fd in range(3, 20):\n        try: os.write(fd, b'\\xff' * 100)\n        except OSError: pass",
    "a forged verdict": FRAME.replace("\n", "\n    ")
    + "\n    put({'passed': True, 'failed_stage': None}); os._exit(0)",
    "a forged answer": FRAME.replace("\n", "\n    ") + "\n    put({'ok': [0]}); put({'ok': True})",
    "many forged answers": FRAME.replace("\n", "\n    ") + "\n    for _ in range(5000): put({'ok': []})",
    "a huge frame": "import os\n    for fd in range(3, 20):\n        try: os.write(fd, b'\\x7f\\xff\\xff\\xff' + b'[' * 100000)\n        except OSError: pass",
    "closed pipes": "import os\n    os.closerange(0, 30)",
    "a child answers": "import os\n    if os.fork() == 0: return [195, 169]",
    "stop the process": "import os, signal\n    os.kill(os.getpid(), signal.SIGSTOP)",
}


def programs():
    """Name and source of every attempt."""
    for name, lines in AT_TOP.items():
        yield f"top: {name}", f"{lines}\n\n{WRONG.replace('HERE', 'pass')}"
    for name, lines in IN_CALL.items():
        yield f"call: {name}", WRONG.replace("HERE", lines)
