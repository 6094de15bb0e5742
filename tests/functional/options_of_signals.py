# SPDX-License-Identifier: Apache-2.0
"""What each option about guests' signals changes; the tests of all options go through them."""

from pathlib import Path

from configured import nova_conf
from served import Serve
from small_cloud import SmallCloud
from test_signals import Gate
from test_signals_by_http import post, secret, until

from ensemble_api.signal_app import SignalApp


def signal_rate(serve: Serve, cloud: SmallCloud, tmp_path: Path) -> None:
    """Of two signals of one address the second is dropped, and that of another one is not."""
    ours = {"connection": cloud.store.engine.url, "signal_rate": 0.1}
    application = SignalApp(nova_conf(tmp_path / "nova.conf", {"ensembles": ours}))
    gate = Gate(cloud.store)
    first, second = gate.ask(0), gate.ask(1)
    for each in (first, second):
        assert post(application, f"/{secret(each.url)}").status_int == 204
    until(lambda: gate.awaited() == [False, True])
    assert post(application, f"/{secret(second.url)}").status_int == 204
    assert gate.awaited() == [False, True]
    assert post(application, f"/{secret(second.url)}", address="192.0.2.8").status_int == 204
    until(lambda: gate.awaited() == [False, False])


OF_SIGNALS = {"signal_rate": signal_rate}
