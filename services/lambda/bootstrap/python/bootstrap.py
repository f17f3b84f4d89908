"""The Python runtime of functions: takes invocations from pipe 3, answers on pipe 4.

A frame is a length (u32, little endian, of what follows), a kind (u8) and a body. Reading blocks on purpose: while no
invocation runs, the thread stands still inside read(2), as Lambda freezes an environment between invocations.
"""

import io
import json
import os
import sys
import time

IN, OUT = 3, 4
GET_ASSIGN, GET_INVOKE, GET_PREPARE = 1, 2, 20
PUT_READY, PUT_INIT_ERROR, PUT_ANSWER, PUT_ERROR, PUT_LOG, PUT_OUTPUT, PUT_WAITING = 1, 2, 3, 4, 5, 6, 20
PIPE = 65536

_read, _write = os.read, os.write
OWN_PATH = sys.path[1:]


def read_exactly(have, end):
    while len(have) < end:
        got = _read(IN, max(PIPE, end - len(have)))
        if not got:
            os._exit(0)  # The host has closed the pipe: the environment is not needed any more.
        have += got
    return have


def receive():
    """One frame as (kind, body). The host sends the next one only after the answer."""
    frame = read_exactly(b"", 5)
    frame = read_exactly(frame, 4 + int.from_bytes(frame[:4], "little"))
    return frame[4], frame[5:]


def send(kind, body):
    frame = (len(body) + 1).to_bytes(4, "little") + bytes((kind,)) + body
    done = 0
    while done < len(frame):
        done += _write(OUT, frame[done:] if done else frame)


class Output(io.RawIOBase):
    """A standard stream that takes the same way as log events, so that the order stays."""

    def __init__(self, number):
        self.number = number

    def writable(self):
        return True

    def fileno(self):
        return self.number

    def write(self, data):
        data = bytes(data)
        send(PUT_OUTPUT, data)
        return len(data)


def text_stream(number):
    buffer = io.BufferedWriter(Output(number), PIPE)
    return io.TextIOWrapper(buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True)


class Context:
    """What handlers get as their second argument."""

    def __init__(self, head):
        self.aws_request_id = head[0]
        self._deadline = int(time.time() * 1000) + int(head[1])
        self.invoked_function_arn = head[2]
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.client_context = ClientContext(json.loads(head[4])) if head[4] else None
        self.identity = Identity(json.loads(head[5]) if head[5] else None)

    def get_remaining_time_in_millis(self):
        return max(self._deadline - int(time.time() * 1000), 0)

    def log(self, message):
        send(PUT_LOG, str(message).encode("utf-8", "backslashreplace"))

    def __repr__(self):
        fields = ("aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb",
                  "function_version", "invoked_function_arn", "client_context", "identity")
        return "LambdaContext([" + ",".join(f"{name}={getattr(self, name)}" for name in fields) + "])"


class Identity:
    def __init__(self, given):
        self.cognito_identity_id = given.get("cognitoIdentityId") if given else None
        self.cognito_identity_pool_id = given.get("cognitoIdentityPoolId") if given else None

    def __repr__(self):
        return (f"CognitoIdentity([cognito_identity_id={self.cognito_identity_id},"
                f"cognito_identity_pool_id={self.cognito_identity_pool_id}])")


class Client:
    def __init__(self, given):
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, given.get(name))


class ClientContext:
    def __init__(self, given):
        self.custom = given.get("custom")
        self.env = given.get("env")
        self.client = Client(given["client"]) if given.get("client") else None


class Fault(Exception):
    """An error that the runtime itself finds, with the type that the caller sees."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind, self.message, self.trace = "Runtime." + kind, message, list(trace)


def trace_of(error):
    """The frames of user code, as Python prints them."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    while frames and frames[0].filename in (__file__, "<frozen importlib._bootstrap>",
                                            "<frozen importlib._bootstrap_external>") or (
            frames and frames[0].filename.endswith("/importlib/__init__.py")):
        del frames[0]
    return traceback.format_list(frames)


def describe(error):
    if isinstance(error, Fault):
        return error.kind, error.message, error.trace
    return type(error).__name__, str(error), trace_of(error)


def log_error(kind, message, trace, request_id):
    if json_log():
        line = {"timestamp": time.strftime(SECONDS, time.gmtime()), "level": "ERROR", "errorMessage": message,
                "errorType": kind, "requestId": request_id, "stackTrace": trace}
        return send(PUT_LOG, (json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace"))
    lines = [f"[ERROR] {kind}: {message}" if message else f"[ERROR] {kind}"]
    if trace:
        lines.append("Traceback (most recent call last):")
        lines.append("".join(trace))
    send(PUT_LOG, ("\n".join(lines).rstrip("\n") + "\n").encode("utf-8", "backslashreplace"))


def report(kind, error, request_id):
    error_kind, message, trace = describe(error)
    log_error(error_kind, message, trace, request_id)
    body = {"errorMessage": message, "errorType": error_kind, "requestId": request_id, "stackTrace": trace}
    send(kind, json.dumps(body).encode())


def find_handler(name):
    import importlib

    parts = name.rsplit(".", 1)
    if len(parts) != 2:
        raise Fault("MalformedHandlerName",
                    f"Bad handler '{name}': not enough values to unpack (expected 2, got {len(parts)})")
    module_name, function_name = parts
    try:
        if module_name.split(".")[0] in sys.builtin_module_names:
            raise Fault("ImportModuleError", f"Cannot use built-in module {module_name} as a handler module")
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("ImportModuleError", f"Unable to import module '{module_name}': {error}") from None
    except SyntaxError as error:
        where = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise Fault("UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", where) from None
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault("HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'") from None


def plain(value):
    """Decimals become numbers, as with the runtime's own encoder; everything else is an error."""
    if type(value).__module__ == "decimal" and type(value).__name__ == "Decimal":
        return int(value) if value == value.to_integral_value() and "." not in str(value) else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


SECONDS = "%Y-%m-%dT%H:%M:%SZ"


def json_log():
    return os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"


class RequestId:
    """The id of the running invocation, for log lines."""
    value = ""


def install_steps():
    """What is done once a module has been loaded. Nothing of it is loaded before user code loads it."""
    take_steps("logging")

    class Loaded:
        """A finder that asks the others for such a module, and adds its step to its loading."""

        def find_spec(self, name, path=None, target=None):
            step = STEPS.pop(name, None)
            if step is None:
                return None
            if not STEPS:
                sys.meta_path.remove(self)
            found = (finder.find_spec(name, path, target) for finder in list(sys.meta_path)
                     if finder is not self and hasattr(finder, "find_spec"))
            spec = next((spec for spec in found if spec is not None), None)
            if spec is None or spec.loader is None:
                return spec
            run = spec.loader.exec_module

            def exec_module(module):
                run(module)
                step(module)

            spec.loader.exec_module = exec_module
            return spec

    sys.meta_path.insert(0, Loaded())


def take_steps(*others):
    """Takes the steps of modules that are loaded."""
    for name in ("socket", "ssl", *others):
        if name in STEPS and name in sys.modules:
            STEPS.pop(name)(sys.modules[name])


def lead_names(module):
    """Connections to names of AWS are led to this cloud."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, here)  # The function may have a path of its own.
    try:
        import cloudlet_names
    finally:
        sys.path.remove(here)

    def read():
        with open(os.path.join(here, "names.json")) as file:
            return json.load(file)

    cloudlet_names.read = read
    cloudlet_names.steps[module.__name__](module)


def lead_children():
    """Programs in Python and Node.js that the function starts are led as well: by variables that they inherit, but that
    the function does not see. What it sets itself stays."""
    here = os.path.dirname(os.path.abspath(__file__))
    for name, added, between in (("PYTHONPATH", here, os.pathsep),
                                 ("NODE_OPTIONS", f'--require "{here}/node/child.js"', " ")):
        own = os.environ.get(name)
        if own is None or added not in own.split(between):
            os.putenv(name, f"{own}{between}{added}" if own else added)


def configure_logging(logging):
    class Handler(logging.Handler):
        def emit(self, record):
            record.aws_request_id = RequestId.value
            send(PUT_LOG, self.format(record).encode("utf-8", "backslashreplace"))

    # What a record has by itself; everything else was given by the caller as `extra`.
    own = set(vars(logging.makeLogRecord({}))) | {"aws_request_id"}

    class Json(logging.Formatter):
        converter = time.gmtime

        def format(self, record):
            error = record.exc_info if record.exc_info and record.exc_info[0] else None
            plain = isinstance(record.msg, dict) and not record.args
            line = {"timestamp": self.formatTime(record, SECONDS), "level": record.levelname,
                    "message": record.msg if plain else record.getMessage(), "logger": record.name}
            if error:
                import traceback

                line["stackTrace"] = traceback.format_tb(error[2])
                line["errorType"] = error[0].__name__
                line["errorMessage"] = str(error[1])
            line["requestId"] = record.aws_request_id or None
            if error:
                line["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
            line.update((key, value) for key, value in vars(record).items() if key not in own and key not in line)
            kept = {key: value for key, value in line.items() if value is not None}
            return json.dumps(kept, ensure_ascii=False, default=str) + "\n"

    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = {"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level)
    if isinstance(getattr(logging, level, None), int):
        logging.root.setLevel(level)
    formatter = logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n",
                                  "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = Handler()
    handler.setFormatter(Json() if json_log() else formatter)
    logging.root.addHandler(handler)


STEPS = {"logging": configure_logging, "socket": lead_names, "ssl": lead_names}


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # User code may have closed or replaced it.


class Trace:
    """The trace of the invocation, in the environment for the function and the programs that it starts.

    setenv(3) of the C library keeps every value that it was ever given: a busy function would fill its memory with old
    traces. After some of them the variable stands in memory of our own, which is written over."""

    NAME = "_X_AMZN_TRACE_ID"
    SETENV_MAX = 1000
    ROOM = 1024

    def __init__(self):
        self.count = 0
        self.put = None

    def set(self, value):
        if not value:
            os.environ.pop(self.NAME, None)
        elif self.put is None or len(value) > self.ROOM - len(self.NAME) - 2:
            os.environ[self.NAME] = value
            self.count += 1
        else:
            self.put(value.encode())

    def settle(self):
        """Between two invocations, because it takes some milliseconds and half a megabyte."""
        if self.count < self.SETENV_MAX:
            return
        self.count = 0
        path = sys.path[:]
        sys.path[:] = OWN_PATH  # The function may have modules of these names.
        try:
            import ctypes

            room = ctypes.create_string_buffer(self.ROOM)
            putenv = ctypes.PyDLL(None).putenv
            values = os.environ._data
        except (ImportError, AttributeError, OSError, MemoryError):
            return  # It stays as it is, and is tried again.
        finally:
            sys.path[:] = path
        begin, name = f"{self.NAME}=".encode(), self.NAME.encode()

        def put(value):
            room.value = begin + value
            putenv(room)  # Again each time: the function may have set its own.
            values[name] = value

        self.put = put


def serve(handler):
    trace = Trace()
    # Since Python 3.12 answers are UTF-8 instead of escaped ASCII.
    minor = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
    escape = minor.isdigit() and int(minor) < 12
    while True:
        kind, body = receive()
        if kind != GET_INVOKE:
            os._exit(0)
        end = 4 + int.from_bytes(body[:4], "little")
        head = body[4:end].decode().split("\n")
        RequestId.value = head[0]
        trace.set(head[3])
        try:
            try:
                event = json.loads(body[end:])
            except ValueError as error:
                raise Fault("UnmarshalError", f"Unable to unmarshal input: {error}") from None
            result = handler(event, Context(head))
            try:
                answer = json.dumps(result, ensure_ascii=escape, default=plain).encode()
            except (TypeError, ValueError) as error:
                raise Fault("MarshalError", f"Unable to marshal response: {error}") from None
        except Exception as error:
            flush()
            report(PUT_ERROR, error, RequestId.value)
        else:
            flush()
            send(PUT_ANSWER, answer)
        trace.settle()


def prepare_botocore(sessions):
    """Loads what botocore loads with its first client: modules, the list of services, endpoints. The loader that has
    read all that goes to the first session that asks for one, and to no other: nothing is shared that would not be."""
    import gc

    create = sessions.create_loader
    ready = create()
    session = sessions.Session()
    session.register_component("data_loader", ready)
    session.create_client("sts", region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-")

    def hand_over(search_path_string=None):
        sessions.create_loader = create
        return create(search_path_string) if search_path_string else ready

    sessions.create_loader = hand_over
    # What is there now stays: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()


def rehearse():
    """Goes once through what the start and an invocation of a function go through, with a function of ours, so that
    memory and caches have seen it. Whatever goes wrong, the function meets by itself."""
    try:
        handler = find_handler("rehearsal.handler")
        answer = handler(json.loads('{"rehearsal": [true, 1]}'), Context(["", "1000", "", "", "", ""]))
        json.dumps(answer, ensure_ascii=False, default=plain).encode()
    except Exception:
        pass
    sys.modules.pop("rehearsal", None)


def take_variables(variables):
    """The function's variables in the place of those that the process has. Only what differs is touched: the time zone is
    a file that is read."""
    zone = os.environ.get("TZ")
    for name in [name for name in os.environ if name not in variables]:
        del os.environ[name]
    for name, value in variables.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    if os.environ.get("TZ") != zone:
        time.tzset()


def prepare(order):
    """Booted ahead of need: loads what the function will load, and tells the names of all that is loaded."""
    import importlib  # By which its handler is found.

    if order.get("modules"):
        path = sys.path[:]
        sys.path.append(order["path"])
        for name in order["modules"]:
            importlib.import_module(name)
        if "botocore.session" in sys.modules:
            prepare_botocore(sys.modules["botocore.session"])
        sys.path[:] = path
        take_steps()
    rehearse()
    names = {name.partition(".")[0] for name in sys.modules}
    send(PUT_WAITING, json.dumps(sorted(names)).encode())


def main():
    kind, body = receive()
    gate = None
    if kind == GET_PREPARE:
        order = json.loads(body)
        gate = order.get("gate")
        prepare(order)
        kind, body = receive()
    if kind != GET_ASSIGN:
        os._exit(0)
    order = json.loads(body)
    if order.get("env") is not None:
        take_variables(order["env"])
    if gate is not None:
        # Says that the function's files are there.
        if not _read(gate, 1):
            os._exit(0)  # They never will be.
        os.close(gate)
    os.chdir(order["root"])
    own = order["path"] + order["last"]
    sys.path[:] = order["path"] + [entry for entry in sys.path[1:] if entry not in own] + order["last"]
    sys.stdout, sys.stderr = text_stream(1), text_stream(2)
    lead_children()
    install_steps()
    try:
        handler = find_handler(order["handler"])
    except Exception as error:
        flush()
        report(PUT_INIT_ERROR, error, "")
        sys.exit(1)
    send(PUT_READY, b"")
    serve(handler)


if __name__ == "__main__":
    main()
