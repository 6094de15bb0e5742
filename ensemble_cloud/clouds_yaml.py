# SPDX-License-Identifier: Apache-2.0
"""The client configuration with one cloud per user."""

from typing import Any

from ensemble_cloud.shape import Shape, User

REGION = "RegionOne"


def users(shape: Shape) -> tuple[User, ...]:
    """Return everyone who can log in: the shape's users, and the admin."""
    return (*shape.users, User("admin", "admin", "admin", shape.admin_password))


def content(shape: Shape, auth_url: str) -> dict[str, Any]:
    """Return what clouds.yaml holds."""
    return {
        "clouds": {
            user.name: {
                "auth": {
                    "auth_url": auth_url,
                    "username": user.name,
                    "password": user.password,
                    "project_name": user.project,
                    "user_domain_name": "Default",
                    "project_domain_name": "Default",
                },
                "region_name": REGION,
                "interface": "public",
                "identity_api_version": 3,
            }
            for user in users(shape)
        }
    }
