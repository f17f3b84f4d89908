"""Signature version 4 with the well-known key, for the measurements that are written in Python."""

import hashlib
import hmac
import time

REGION = "us-east-1"


def signed(host, service, method, path, headers, body):
    """`headers` and those of a signed request, which is good for minutes."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {**headers, "host": host, "x-amz-date": moment}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"{method}\n{path}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    parts = (moment[:8], REGION, service, "aws4_request")
    scope = "/".join(parts)
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4test"
    for part in parts:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"AWS4-HMAC-SHA256 Credential=test/{scope}"
    return {**headers, "authorization": f"{credential}, SignedHeaders={names}, Signature={signature}"}
