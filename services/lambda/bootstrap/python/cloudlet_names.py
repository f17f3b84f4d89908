"""Leads connections to those names of AWS that this cloud serves to the cloud, with TLS that trusts the cloud's own
authority: plain HTTPS clients, and SDKs that are given no endpoint, know no other address than
https://<service>.<region>.amazonaws.com. Everything else goes its normal way.

Nothing is loaded ahead of need: `steps` are taken when `socket` and `ssl` have been loaded, and where the cloud is and
what it serves is read when the first such name is met.
"""

import re

AWS = re.compile(r"(^|\.)(amazonaws\.com|amazonaws\.com\.cn|api\.aws|on\.aws)\.?$", re.IGNORECASE)
WEB_PORTS = (None, 80, 443, "80", "443", "http", "https", b"80", b"443", b"http", b"https")

read = None  # Gives {"host", "port", "names", "authority"}.
_place = None


def serving(name):
    """The cloud, when it serves what is asked under a name."""
    global _place
    if isinstance(name, (bytes, bytearray)):
        name = name.decode("ascii", "replace")
    if not isinstance(name, str) or not AWS.search(name):
        return None
    if _place is None:
        try:
            _place = read()
        except (OSError, KeyError, ValueError):
            _place = {}  # Without it there is nothing to lead to, and the name is looked up as ever.
    names = _place.get("names", ())
    # S3 has older names with its region in the same label.
    labels = ("s3" if label.startswith("s3-") else label for label in name.lower().split("."))
    return _place if any(label in names for label in labels) else None


# What served names resolve to: nobody's address, so that a connection to it is known for what it is. The cloud has
# another port than the web, and some clients take the address of an answer without its port.
STAND_IN = "127.65.87.83"


def patch_socket(socket):
    getaddrinfo, connect, connect_ex = socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex

    def leading(host, port):
        return serving(host) if port in WEB_PORTS else None

    def led_getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
        if leading(host, port):
            # The cloud may have another kind of address than what was asked for.
            return getaddrinfo(STAND_IN, port, 0, type, proto, 0)
        return getaddrinfo(host, port, family, type, proto, flags)

    def led_address(address):
        if not isinstance(address, tuple) or len(address) < 2:
            return address
        place = _place if address[0] == STAND_IN else leading(*address[:2])
        return (place["host"], place["port"]) if place else address

    socket.getaddrinfo = led_getaddrinfo
    socket.socket.connect = lambda self, address: connect(self, led_address(address))
    socket.socket.connect_ex = lambda self, address: connect_ex(self, led_address(address))


def patch_ssl(ssl):
    import functools
    import weakref

    wrap_socket, wrap_bio = ssl.SSLContext.wrap_socket, ssl.SSLContext.wrap_bio
    trusting = weakref.WeakSet()

    def trust(context, name):
        place = serving(name)
        # The authority may sign for names of AWS alone, so the context trusts nobody more for other names.
        if place and context not in trusting:
            context.load_verify_locations(cadata=place["authority"])
            trusting.add(context)

    @functools.wraps(wrap_socket)
    def led_wrap_socket(self, sock, server_side=False, do_handshake_on_connect=True, suppress_ragged_eofs=True,
                        server_hostname=None, session=None):
        if not server_side:
            trust(self, server_hostname)
        return wrap_socket(self, sock, server_side, do_handshake_on_connect, suppress_ragged_eofs, server_hostname,
                           session)

    @functools.wraps(wrap_bio)
    def led_wrap_bio(self, incoming, outgoing, server_side=False, server_hostname=None, session=None):
        if not server_side:
            trust(self, server_hostname)
        return wrap_bio(self, incoming, outgoing, server_side, server_hostname, session)

    ssl.SSLContext.wrap_socket, ssl.SSLContext.wrap_bio = led_wrap_socket, led_wrap_bio


steps = {"socket": patch_socket, "ssl": patch_ssl}
