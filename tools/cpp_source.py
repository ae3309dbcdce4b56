"""C++ files as the checks read them: comments and literals apart, blocks and functions found."""

import os
import re


def source_files(root, folders=("src",), endings=(".h", ".cc")):
    """The files below `folders`, as paths relative to `root`, in order."""
    found = []
    for folder in folders:
        for where, inner, names in os.walk(os.path.join(root, folder)):
            inner[:] = sorted(name for name in inner if not name.startswith((".", "__")))
            found += [os.path.relpath(os.path.join(where, name), root)
                      for name in names if name.endswith(endings)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


_TOKEN = re.compile(
    r'//[^\n]*(?:\\\n[^\n]*)*'
    r'|/\*.*?\*/'
    r'|R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+'",
    re.DOTALL)


def _blank(text, keep=""):
    return "".join(c if c == "\n" or c in keep else " " for c in text)


def without_comments(text):
    """Comments and the insides of literals become blanks; every line stays where it was."""
    def replace(match):
        token = match.group(0)
        if token.startswith(("//", "/*")):
            return _blank(token)
        return '"' + _blank(token[1:-1]) + '"'
    return _TOKEN.sub(replace, text)


def comments_only(text):
    """Everything but comments becomes blanks."""
    out, last = [], 0
    for match in _TOKEN.finditer(text):
        token = match.group(0)
        out.append(_blank(text[last:match.start()]))
        out.append(token if token.startswith(("//", "/*")) else _blank(token))
        last = match.end()
    out.append(_blank(text[last:]))
    return "".join(out)


def without_directives(code):
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: _blank(m.group(0)), code,
                  flags=re.MULTILINE)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


_CONTAINER = re.compile(
    r"\s*(?:inline\s+|typedef\s+)*(?:namespace|class|struct|union|enum)\b|\s*extern\s*\"")
_TAIL_WORDS = {"const", "noexcept", "override", "final", "mutable", "try"}


class Function:
    """A definition or declaration at namespace or class scope."""

    def __init__(self, header, first_line, last_line):
        self.header = header
        self.first_line = first_line
        self.last_line = last_line  # the same as first_line's for a declaration

    @property
    def name(self):
        opening = _parameters_at(self.header)
        match = re.search(r"[~\w:]+\s*$|operator\s*\S+\s*$", self.header[:opening])
        return match.group(0).strip() if match else "?"

    @property
    def parameters(self):
        opening = _parameters_at(self.header)
        return _split_parameters(self.header, opening)


def _parameters_at(header):
    call_operator = re.search(r"\boperator\s*\(\s*\)\s*\(", header)
    if call_operator:
        return call_operator.end() - 1
    plain = re.sub(r"\b(requires|decltype|noexcept|alignas|explicit)\s*\([^()]*\)",
                   lambda m: " " * len(m.group(0)), header)
    return plain.find("(")


def _split_parameters(header, opening):
    parts, depth, start = [], 0, opening + 1
    for i in range(opening, len(header)):
        c = header[i]
        if c in "([{<":
            depth += 1
        elif c in ")]}>" and header[i - 1:i + 1] != "->":
            depth -= 1
            if depth == 0:
                parts.append(header[start:i])
                break
        elif c == "," and depth == 1:
            parts.append(header[start:i])
            start = i + 1
    parts = [" ".join(part.split()) for part in parts]
    return [] if parts == [""] or parts == ["void"] else parts


def _is_brace_initializer(header):
    """True for the "{" of `Type() : member_{…}`, which opens no body."""
    if not re.search(r"\)\s*(?:noexcept\s*)?:(?!:)", header):
        return False
    word = re.search(r"(\w+|>)\s*$", header)
    return bool(word) and word.group(1) not in _TAIL_WORDS


def _without_template(header):
    """`header` without the `template <…>` that it begins with."""
    match = re.match(r"\s*template\s*<", header)
    if not match:
        return header
    depth = 1
    for i in range(match.end(), len(header)):
        depth += {"<": 1, ">": -1}.get(header[i], 0)
        if depth == 0:
            return _without_template(header[i + 1:])
    return header


def _kind(header):
    header = _without_template(header)
    if _CONTAINER.match(header):
        return "container"
    opening = _parameters_at(header)
    before = header[:opening]
    if opening < 0 or (re.search(r"=(?!=)", before) and "operator" not in before):
        return "other"
    return "function"


def functions(code):
    """The functions of comment-free code; also yields declarations, for their parameters."""
    code = without_directives(code)
    stack, found, start, i = [], [], 0, 0
    while i < len(code):
        c = code[i]
        if c == "{":
            header, begin = _header(code, start, i)
            in_parentheses = header.count("(") > header.count(")")
            if in_parentheses or _is_brace_initializer(header):
                i = _matching(code, i) + 1
                continue
            at_scope = all(kind == "container" for kind, _, _ in stack)
            kind = _kind(header) if at_scope else "inner"
            stack.append((kind, header, begin))
            start = i + 1
        elif c == "}":
            if stack:
                kind, header, begin = stack.pop()
                if kind == "function":
                    found.append(Function(header, line_of(code, begin), line_of(code, i)))
            start = i + 1
        elif c == ";":
            header, _ = _header(code, start, i)
            if stack and all(kind == "container" for kind, _, _ in stack) and _is_declaration(header):
                line = line_of(code, i)
                found.append(Function(header, line, line))
            start = i + 1
        i += 1
    return found


def _header(code, start, end):
    """What stands before a "{" or ";" without access specifiers, and where it begins."""
    before = re.match(r"(\s*(public|private|protected)\s*:(?!:))*\s*", code[start:end])
    begin = start + before.end()
    return code[begin:end], begin


def _is_declaration(header):
    opening = _parameters_at(header)
    if opening < 0 or re.search(r"=(?!=)", header[:opening]) and "operator" not in header:
        return False
    return not re.match(r"\s*(static_assert|using|typedef|friend|return)\b", header)


def _matching(code, opening):
    depth = 0
    for i in range(opening, len(code)):
        if code[i] == "{":
            depth += 1
        elif code[i] == "}":
            depth -= 1
            if depth == 0:
                return i
    return len(code) - 1
