"""What only a person can settle: a question, and the lines of shop.toml that answer it."""

from dataclasses import dataclass

HOW = "run 'retail-lakehouse inspect', settle it in the shop.toml that --write makes, and give it"


@dataclass(frozen=True)
class Question:
    """key: of shop.toml. says: what is unclear, a clause. answers: lines that would settle it."""

    key: str
    says: str
    answers: tuple[str, ...] = ()

    def sentence(self, where: str) -> str:
        """All of it in one sentence. where: the file, and if need be its sheet."""
        lines = " or ".join(self.answers)
        remedy = f"write {lines} in a shop.toml and give it" if lines else HOW
        return f"{where}: {self.says}; {remedy} with --shop."


def quoted(text: str) -> str:
    """A value from a file, in a sentence or as a TOML text, on one line."""
    shown = " ".join(text.split())
    shown = shown if len(shown) <= 60 else shown[:60] + "…"
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
