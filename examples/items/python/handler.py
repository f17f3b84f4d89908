"""The items behind a REST API."""

import json
from decimal import Decimal

import items


class Refusal(Exception):
    """Ends a request with a status other than 200."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def handler(event, context):
    try:
        return route(event)
    except Refusal as refusal:
        return answer(refusal.status, {"message": str(refusal)})


def route(event):
    key = (event["pathParameters"] or {}).get("id")
    match event["httpMethod"]:
        case "POST":
            return answer(201, items.create(described(event["body"])))
        case "PUT":
            return answer(200, found(key, items.update(key, described(event["body"]))))
        case "DELETE":
            return answer(200, found(key, items.remove(key)))
        case _:
            return answer(200, found(key, items.get(key)))


def found(key, item):
    if item is None:
        raise Refusal(404, f"There is no item {key}")
    return item


def described(body):
    value = parsed(body)
    name, price, tags = value.get("name"), value.get("price"), value.get("tags", [])
    if not isinstance(name, str) or not 1 <= len(name) <= 100:
        raise Refusal(400, "name must be a text of 1 to 100 characters")
    if not isinstance(price, Decimal) or price < 0:
        raise Refusal(400, "price must be a number that is not negative")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Refusal(400, "tags must be a list of texts")
    return {"name": name, "price": price, "tags": tags}


def parsed(body):
    try:
        # The table keeps decimal numbers, as they are written.
        value = json.loads(body or "", parse_float=Decimal, parse_int=Decimal, parse_constant=refuse)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refusal(400, "The body must be a JSON object")
    return value


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def answer(status, value):
    body = json.dumps(value, default=plain)
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": body}


def plain(value):
    """Decimal numbers as JSON writes them."""
    return int(value) if value == value.to_integral_value() else float(value)
