"""The process that runs a submission. It holds no answers: it calls what it is asked to call and sends back what came out.

Nothing here imports minitok, so a submission finds no tokenizer in its process. The grader starts this folder as a package
named ``grader_worker`` (see ``session.py``). Reading order: ``wire`` (values as bytes), ``confine`` (limits), ``seccomp``,
``landlock`` and ``audit`` (what the kernel and Python refuse), ``loading`` (the submission as a module), ``adapters`` (minbpe's
and CS336's names under the course's), ``counting`` (steps, for stage 10), ``main``.

A process starts for every stage, so it imports little: ``typing`` is for the type checker only, and ``counting`` comes when
it is asked for.
"""
