#!/bin/sh
# How the command is started. glibc would give each thread of the Kafka client a heap of its own, and a worker would take up to a sixth more memory;
# it is told so before the process begins or not at all.
MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}"
export MALLOC_ARENA_MAX
exec node "$(dirname "$(readlink -f "$0")")/src/main.js" "$@"
