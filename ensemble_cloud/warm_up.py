# SPDX-License-Identifier: Apache-2.0
"""The first visit to the dashboard, made before anybody waits for it.

Horizon imports its API modules and compiles its templates at the first request that needs them.
"""

import requests

from ensemble_cloud.rest import RestError
from ensemble_cloud.shape import User

_PAGES = ("/project/", "/project/instances/", "/project/ensembles/")
_SECONDS = 120


def visit(url: str, user: User) -> None:
    """Log in and look at a few pages. Raises RestError when the dashboard lets nobody in."""
    browser = requests.Session()
    login = f"{url}/auth/login/"
    try:
        browser.get(login, timeout=_SECONDS)
        form = {
            "username": user.name,
            "password": user.password,
            "region": "default",
            "csrfmiddlewaretoken": browser.cookies.get("csrftoken", ""),
        }
        answer = browser.post(login, form, timeout=_SECONDS)
        if not answer.ok or "/auth/login" in answer.url:
            raise RestError(f"the dashboard does not let {user.name} in: {answer.status_code}")
        for page in _PAGES:
            browser.get(url + page, timeout=_SECONDS)
    except requests.RequestException as error:
        raise RestError(f"the dashboard does not answer: {error}") from None
