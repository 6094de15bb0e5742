# SPDX-License-Identifier: Apache-2.0
"""Changes sent to the small cloud, and what came of them."""

from typing import Any

from small_cloud import FLAVOR, IMAGE, SmallCloud, anti_affinity, body, caller

from ensemble_api.records import EnsembleRecord

OTHER = {"flavor": FLAVOR, "image": IMAGE, "networks": "none"}
SPREAD = anti_affinity("web")


def built(cloud: SmallCloud, *tiers: tuple[str, int], policies: Any = (SPREAD,)) -> str:
    """An ensemble that runs."""
    record = cloud.service().create(caller(), body(*tiers, policies=policies))
    cloud.run(record.id)
    cloud.observe()
    return record.id


def tiers(*counts: tuple[str, int]) -> dict[str, Any]:
    return {"tiers": [{"name": name, "count": count} for name, count in counts]}


def fault(answer: Any) -> Any:
    """What an error's body says."""
    (body,) = answer.json.values()
    return body


def code(answer: Any) -> str:
    return str(fault(answer)["details"]["code"])


def names(record: EnsembleRecord) -> list[str]:
    return sorted(each.name for each in record.members)


def changed(cloud: SmallCloud, ensemble_id: str, wanted: Any, **more: Any) -> EnsembleRecord:
    """An ensemble after a change has been carried out."""
    answer = cloud.patch(ensemble_id, wanted, **more)
    assert answer.status_code == 202, answer.json
    cloud.run(ensemble_id, **more.get("service", {}))
    cloud.observe()
    record = cloud.store.get(ensemble_id)
    cloud.assert_built(record)
    return record
