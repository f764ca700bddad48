"""Reads metrics from standard input by the parser of prometheus_client; prints every sample. Ends with 1 when a metric
stands twice, has no help or no type, or a histogram's buckets fall."""

import sys

from prometheus_client.parser import text_string_to_metric_families


def read(text: str) -> dict[str, object]:
    """The families by name; AssertionError where the text breaks a rule of the format."""
    families = {}
    for family in text_string_to_metric_families(text):
        assert family.name not in families, f"{family.name} stands twice"
        assert family.documentation and family.type != "unknown", family.name
        # Base units, and `_total` for counters alone (which the parser takes off their names).
        assert not family.name.endswith(("_total", "_milliseconds", "_kilobytes")), family.name
        if family.type == "counter":
            assert all(sample.name == family.name + "_total" for sample in family.samples), family.name
        check_buckets(family)
        seen = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in family.samples]
        assert len(seen) == len(set(seen)), f"{family.name}: a sample stands twice"
        families[family.name] = family
    return families


def check_buckets(family: object) -> None:
    series: dict[tuple, list[tuple[float, float]]] = {}
    for sample in family.samples:
        if sample.name.endswith("_bucket"):
            labels = dict(sample.labels)
            bound = float(labels.pop("le"))
            series.setdefault(tuple(sorted(labels.items())), []).append((bound, sample.value))
    for labels, buckets in series.items():
        assert buckets == sorted(buckets), (family.name, labels)
        assert [count for _, count in buckets] == sorted(count for _, count in buckets), (family.name, labels)
        counts = [s.value for s in family.samples if s.name.endswith("_count") and tuple(sorted(s.labels.items())) == labels]
        assert counts == [buckets[-1][1]] and buckets[-1][0] == float("inf"), (family.name, labels)


if __name__ == "__main__":
    for one in read(sys.stdin.read()).values():
        for sample in one.samples:
            print(one.name, one.type, dict(sorted(sample.labels.items())), sample.value)
