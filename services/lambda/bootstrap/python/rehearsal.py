"""The function that processes start and invoke while they wait: see `rehearse` in bootstrap.py."""


def handler(event, context):
    return event
