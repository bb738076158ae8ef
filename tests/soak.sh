#!/usr/bin/env bash
# What `make soak` does: 1,000 kills of workers at random under load, in the way of tests/integration/kills.t. Takes some
# minutes; KILLS is how many.

cd "$(dirname "$0")/.." || exit
make -s build/proposals-fcgi || exit
KILLS=${KILLS:-1000} exec bash tests/integration/kills.t
