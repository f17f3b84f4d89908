import json

from greeting import greet  # /opt/python


def handler(event, context):
    with open("/opt/settings.json") as file:
        return {"greeting": greet("Python"), "settings": json.load(file)}
