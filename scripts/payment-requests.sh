#!/usr/bin/env bash
# Holds what we ask Stripe and PayPal to what their own libraries say of a request: scripts/payment-requests.sh FILE
#
# FILE has one JSON object a line: name, provider (stripe, paypal), model (the library's name of the request), body (of Stripe a form),
# and is_right. Unknown parameters and wrong types are refused. Stripe's types are generated from its OpenAPI document.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly FILE=$(realpath "${1:?name the file of requests}")
readonly TOOLS="${CARGO_TARGET_DIR:-target}/payment-requests"
readonly LIBRARIES=(stripe==16.1.0 paypal-server-sdk==2.4.0 pydantic==2.14.3)

[ -d "$TOOLS/bin" ] || scripts/venv.sh "$TOOLS" "${LIBRARIES[@]}" >&2

"$TOOLS/bin/python" - "$FILE" <<'PYTHON'
import importlib
import json
import re
import sys
from collections import Counter
from urllib.parse import parse_qsl

import pydantic
from paypalserversdk.api_helper import APIHelper
from stripe._request_options import RequestOptions


def unfolded(form):
    """{"a": {"b": [{"c": "1"}]}} of a[b][0][c]=1."""
    found = {}
    for name, value in parse_qsl(form, keep_blank_values=True, strict_parsing=True):
        keys = re.findall(r"[^\[\]]+", name)
        place = found
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return listed(found)


def listed(value):
    if not isinstance(value, dict):
        return value
    members = {key: listed(inner) for key, inner in value.items()}
    return list(members.values()) if list(members) == [str(n) for n in range(len(members))] else members


def stripe(model, body):
    module, _, name = model.rpartition(".")
    shape = getattr(importlib.import_module(f"stripe.params.{module}" if module else "stripe.params"), name)
    # Options of the library, which are no parameters of the request.
    shape.__annotations__ = {
        key: kind for key, kind in shape.__annotations__.items() if key not in RequestOptions.__annotations__
    }
    for part in vars(sys.modules[shape.__module__]).values():
        if hasattr(part, "__required_keys__"):
            part.__pydantic_config__ = pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    pydantic.TypeAdapter(shape).validate_python(unfolded(body))


def paypal(model, body):
    # The library drops what it does not know, and lacks what it needs.
    body = json.loads(body)
    module = re.sub(r"(?<!^)(?=[A-Z])", "_", model).lower()
    shape = getattr(importlib.import_module(f"paypalserversdk.models.{module}"), model)
    missing = [key for key, name in shape._names.items() if key not in shape._optionals and name not in body]
    if missing:
        raise ValueError(f"missing: {missing}")
    again = json.loads(APIHelper.json_serialize(shape.from_dictionary(body)))
    if not is_within(body, again):
        raise ValueError(f"not all of it is known: {again}")


def is_within(part, whole):
    """Whether all of a body is in another one, which has the usual values of what was left out besides."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and is_within(part[key], whole[key]) for key in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(part) == len(whole) and all(map(is_within, part, whole))
    return part == whole


counts = Counter()
for line in open(sys.argv[1], encoding="utf-8"):
    request = json.loads(line)
    try:
        {"stripe": stripe, "paypal": paypal}[request["provider"]](request["model"], request["body"])
        is_taken, why = True, ""
    except (ValueError, TypeError, KeyError) as error:
        is_taken, why = False, str(error)
    if is_taken != request["is_right"]:
        sys.exit(f"{request['name']}: {'taken' if is_taken else 'refused'}: {why}")
    counts[(request["provider"], "taken" if is_taken else "refused")] += 1
for (provider, what), count in sorted(counts.items()):
    print(f"{provider}: {count} {what}")
PYTHON
