"""Asks a server with the Client of devo-sdk as it is on PyPI, for collections-devo-sdk.test.ts.

Standard input: one JSON object {"config": <of Client>, "calls": [[<method>, [args], {kwargs}], ...]}. Standard output: a JSON list of {"value": <result>} or
{"error": <class>, "message": <text>, "status": <HTTP status>}; "$id" among the arguments stands for the id that the last query answered with.
"""

import json
import sys

from devo.api import Client


def answer(client, method, args, kwargs):
    try:
        value = getattr(client, method)(*args, **kwargs)
        return {"value": list(value) if hasattr(value, "__next__") else value}
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error), "status": getattr(error, "status", None)}


def main():
    request = json.load(sys.stdin)
    client = Client(config=request["config"])
    answers, known = [], None
    for method, args, kwargs in request["calls"]:
        result = answer(client, method, [known if arg == "$id" else arg for arg in args], kwargs)
        answers.append(result)
        if method == "query" and "value" in result:
            value = result["value"]
            body = json.loads(value[0]) if isinstance(value, list) else json.loads(value)
            known = body["object"]["id"] if isinstance(body["object"], dict) else known
    json.dump(answers, sys.stdout)


main()
