"""Reads the Prometheus text format, as far as tests want to ask it questions."""

import re

_LINE = re.compile(r"^(?P<name>[A-Za-z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Scrape:
    """The samples of one scrape."""

    def __init__(self, text):
        self.text = text
        self.samples = {}  # name -> [(labels, value)]
        for line in text.splitlines():
            if line.startswith("#") or not (match := _LINE.match(line)):
                continue
            labels = dict(_LABEL.findall(match["labels"] or ""))
            self.samples.setdefault(match["name"], []).append((labels, float(match["value"])))

    def select(self, name, **labels):
        """The samples of `name` that carry all of `labels`. A name never seen is an error: a
        misspelt metric must not read as zero."""
        if name not in self.samples:
            raise KeyError(f"no metric {name}; there are {sorted(self.samples)}")
        wanted = labels.items()
        return [(has, value) for has, value in self.samples[name] if wanted <= has.items()]

    def sum(self, name, **labels):
        return sum(value for _, value in self.select(name, **labels))

    def by(self, label, name, **labels):
        """Sums of `name` for each value of `label`, zeros left out."""
        sums = {}
        for has, value in self.select(name, **labels):
            if value:
                sums[has.get(label)] = sums.get(has.get(label), 0) + value
        return sums
