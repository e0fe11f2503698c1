"""Chat templates in small: each does with strings what the templates of a family of models do.

``FAMILIES`` has, by name, the template and the special tokens that it knows by name.
"""

CHATML = """\
{%- for message in messages %}
    {%- if loop.first and message['role'] != 'system' %}
        {{- '<|im_start|>system\\nYou help.<|im_end|>\\n' }}
    {%- endif %}
    {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""

# Tools as JSON, a namespace, thinking that is cut out of the content, tool answers in a row.
THINKING = """\
{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}
        {{- messages[0].content + '\\n\\n' }}
    {%- endif %}
    {{- "# Tools\\n\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- elif messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(searching=true, last=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.searching and message.role == 'user' and message.content is string
        and not (message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.searching = false %}
        {%- set ns.last = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if message.role == 'user' or (message.role == 'system' and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == 'assistant' %}
        {%- set reasoning = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning = message.reasoning_content %}
        {%- elif '</think>' in content %}
            {%- set reasoning = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last and (loop.last or reasoning) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning.strip('\\n') + '\\n</think>\\n\\n'
                + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {%- for tool_call in message.tool_calls or [] %}
            {%- if (loop.first and content) or not loop.first %}
                {{- '\\n' }}
            {%- endif %}
            {%- if tool_call.function %}
                {%- set tool_call = tool_call.function %}
            {%- endif %}
            {{- '<tool_call>\\n{"name": "' }}
            {{- tool_call.name }}
            {{- '", "arguments": ' }}
            {%- if tool_call.arguments is string %}
                {{- tool_call.arguments }}
            {%- else %}
                {{- tool_call.arguments | tojson }}
            {%- endif %}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == 'tool' %}
        {%- if loop.first or messages[loop.index0 - 1].role != 'tool' %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' }}
        {{- content }}
        {{- '\\n</tool_response>' }}
        {%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}
"""

# Headers, content that is trimmed or comes in parts, a date, a message popped off the front.
HEADERS = """\
{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if 'tool_calls' in message %}
        {%- if not message.tool_calls | length == 1 %}
            {{- raise_exception("One call at a time.") }}
        {%- endif %}
        {%- set call = message.tool_calls[0].function %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
        {{- '{"name": "' + call.name + '", ' }}
        {{- '"parameters": ' }}
        {{- call.arguments | tojson(indent=2) }}
        {{- "}" }}
        {{- "<|eot_id|>" }}
    {%- elif message.role == "tool" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- else %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
        {%- if message['content'] is string %}
            {{- message['content'] | trim }}
        {%- else %}
            {%- for part in message['content'] %}
                {%- if part['type'] == 'text' %}
                    {{- part['text'] | trim }}
                {%- elif part['type'] == 'image' %}
                    {{- '<|image|>' }}
                {%- endif %}
            {%- endfor %}
        {%- endif %}
        {{- '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""

# Roles that must alternate, a counter, plain whitespace in the template.
INSTRUCTIONS = """\
{{ bos_token }}{% set ns = namespace(index=0) %}{% for message in messages %}
{% if (message['role'] == 'user') != (ns.index % 2 == 0) %}
{{ raise_exception('Roles must alternate user/assistant!') }}
{% endif %}
{% set ns.index = ns.index + 1 %}
{% if message['role'] == 'user' %}
{{ '[INST] ' + message['content'] + ' [/INST]' }}
{% elif message['role'] == 'assistant' %}
{{ ' ' ~ message['content'] ~ eos_token }}
{% else %}
{{ raise_exception('Only user and assistant roles are supported!') }}
{% endif %}
{% endfor %}
"""

# Another name for a role, text around it, `~`.
TURNS = """\
{{ bos_token }}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}{% set role = 'model' %}{% else %}{% set role = message.role %}{% endif %}
    {{- '<start_of_turn>' ~ role ~ '\\n' ~ (message.content | trim) ~ '<end_of_turn>\\n' }}
{%- endfor %}
{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}
"""

# Text gathered in a namespace before it is written; tokens that are not ASCII; tool calls in code.
GATHERED = """\
{% set ns = namespace(system='', is_first=true) %}
{%- for message in messages %}
    {%- if message['role'] == 'system' %}
        {%- set ns.system = ns.system + ('' if ns.is_first else '\\n\\n') + message['content'] %}
        {%- set ns.is_first = false %}
    {%- endif %}
{%- endfor -%}
{{ bos_token }}{{ ns.system }}
{%- for message in messages %}
    {%- if message['role'] == 'user' %}
        {{- '<\uff5cUser\uff5c>' + message['content'] }}
    {%- elif message['role'] == 'assistant' and message['tool_calls'] %}
        {%- for tool in message['tool_calls'] %}
            {{- '<\uff5cAssistant\uff5c>' + tool['function']['name'] + '\\n```json\\n' + (tool['function']['arguments'] | tojson)
                + '\\n```' + eos_token }}
        {%- endfor %}
    {%- elif message['role'] == 'assistant' %}
        {%- set content = message['content'] %}
        {%- if '</think>' in content %}
            {%- set content = content.split('</think>')[-1] %}
        {%- endif %}
        {{- '<\uff5cAssistant\uff5c>' + content + eos_token }}
    {%- endif %}
{%- endfor -%}
{% if add_generation_prompt %}{{ '<\uff5cAssistant\uff5c>' }}{% endif %}
"""

# A special token made of the name of a role, and the text of a model marked.
NAMED = """\
{%- for message in messages %}
    {{- '<|' + message['role'] + '|>' }}
    {%- if message.role == 'assistant' %}
        {%- generation %}{{ message['content'] + '<|end|>' }}{% endgeneration %}
    {%- else %}
        {{- message['content'] + '<|end|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}
"""

# Macros, blocks that are set, loops over items, formats and joins, loop controls.
MACROS = """\
{%- macro kind(schema) -%}
    {%- if schema.type == 'array' -%}{{ kind(schema['items']) ~ '[]' }}
    {%- elif schema.enum is defined -%}{{ schema.enum | map('string') | join(' | ') }}
    {%- else -%}{{ schema.type | default('any') | upper }}{%- endif -%}
{%- endmacro -%}
{%- macro block(name) -%}
    {{ '<|start|>%s<|message|>' | format(name) }}{{ caller() }}<|end|>
{%- endmacro -%}
{%- if tools %}
    {%- call block('developer') -%}
        {%- for tool in tools %}
            {%- set function = tool.function if tool.function is defined else tool %}
            {{- '// {}\\ntype {} = ('.format(function.description, function['name']) }}
            {%- for name, schema in function.parameters.properties.items() -%}
                {{- name + ': ' + kind(schema) }}{{ ', ' if not loop.last }}
            {%- endfor %}
            {{- ');\\n' }}
        {%- endfor %}
    {%- endcall %}
{%- endif %}
{%- for message in messages %}
    {%- if not message.content %}{% continue %}{% endif %}
    {%- set text %}
        {%- if message.content is string %}{{ message.content.replace('\\r\\n', '\\n') }}
        {%- else %}{{ message.content | map(attribute='text') | join('\\n') }}{% endif %}
    {%- endset %}
    {%- set before, line, after = text.partition('\\n') %}
    {%- call block(message.role) -%}{{ before }}{{ line }}{{ after.splitlines(true) | join }}{%- endcall %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|start|>assistant' }}{% endif %}
"""

TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
FAMILIES = {
    "chatml": CHATML,
    "thinking": THINKING,
    "headers": HEADERS,
    "instructions": INSTRUCTIONS,
    "turns": TURNS,
    "gathered": GATHERED,
    "named": NAMED,
    "macros": MACROS,
}

SPECIAL = [
    *TOKENS.values(),
    *("<|im_start|>", "<|im_end|>", "<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>"),
    *("</tool_response>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|image|>", "<start_of_turn>"),
    *("<end_of_turn>", "<\uff5cUser\uff5c>", "<\uff5cAssistant\uff5c>", "<|user|>", "<|assistant|>", "<|system|>"),
    *("<|tool|>", "<|end|>", "<|start|>", "<|message|>", "[INST]", "[/INST]"),
]

# Added tokens of some model's text, which mark nothing.
TEXT = ["  ", "\n\n", "\t", "<table>", "</td>", "<h1>", "1", "the weather"]

# A text that merges across the borders of messages.
CORPUS = """You help. user assistant system tool developer\n\nHello there, how are you?\n\n I am fine.\n\n
Today Date: 26 Jul 2024\n\nYou help. The weather in Paris is warm.\n {"name": "get_weather", "arguments": {"town": "Paris"}}
user\nHi assistant\n\nHi system\nYou the end|> <|the assistant|> <|user model\n // type = (town: string)\n```json\n```"""
