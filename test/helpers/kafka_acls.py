"""Grants rights to an account: {"client": settings, "account": name, "rights": [{"type", "name", "pattern", "operations"}]} on standard input."""

import json
import sys

from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, AdminClient, ResourcePatternType, ResourceType

order = json.load(sys.stdin)
bindings = [
    AclBinding(
        ResourceType[right["type"]],
        right["name"],
        ResourcePatternType[right["pattern"]],
        f"User:{order['account']}",
        "*",
        AclOperation[operation],
        AclPermissionType.ALLOW,
    )
    for right in order["rights"]
    for operation in right["operations"]
]
admin = AdminClient(order["client"])
for granted in admin.create_acls(bindings, request_timeout=20).values():
    granted.result()
