"""How schemathesis sends what it does not know by itself; scripts/contract.sh names this file to it."""

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def part_of_a_file(context, value):
    """Bytes go out as they are, anything else as its text."""
    return {"data": value if isinstance(value, bytes) else str(value).encode()}
