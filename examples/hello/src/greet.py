"""Greets who is named in the path, and says which kind of API asked."""

import json
import os


def handler(event, context):
    name = event["pathParameters"]["name"]
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json", "access-control-allow-origin": "*"},
        "body": json.dumps(
            {
                "message": f"{os.environ['GREETING']}, {name}!",
                "api": "http" if event.get("version") == "2.0" else "rest",
                "function": context.function_name,
            }
        ),
    }
