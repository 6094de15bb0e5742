#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs once in each server of quorum.yaml when it first boots.
echo "voter $(hostname) is up" > /dev/console
