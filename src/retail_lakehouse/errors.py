"""What can go wrong that the person at the keyboard can mend.

Everything here ends a command with exit code 2 and one line on standard error.
Any other exception is a defect of this program: exit code 1, with its traceback.
"""


class LakehouseError(Exception):
    """Root of the errors a user can mend; the message is one sentence that says how."""


class SettingsError(LakehouseError):
    """An option or environment variable has a value that cannot be used."""


class SourceError(LakehouseError):
    """A source of invoice lines is missing, unreadable or not what it should be."""


class SourceUnreachableError(SourceError):
    """A source on the network did not answer; another try, or another source, may do."""


class OtherVersionError(LakehouseError):
    """A registered model is of no use here: of another version of this program, or damaged."""

    @classmethod
    def of(cls, model: str, why: str | Exception, step: str) -> "OtherVersionError":
        """``model``, as a sentence begins with it, cannot be used; ``step`` trains another."""
        reason = f"it lacks {why}" if isinstance(why, KeyError) else str(why)
        first_line = (reason.splitlines() or [type(why).__name__])[0][:200]
        # It may quote the file.
        shown = "".join(letter if letter.isprintable() else "?" for letter in first_line)
        return cls(
            f"{model} cannot be used ({shown}): train one with this version of the program "
            f"(step '{step}')."
        )


class HomeInUseError(LakehouseError):
    """Another process is writing to the home."""


class MissingTableError(LakehouseError):
    """A step was started before the steps that write its tables."""


class OtherContractError(LakehouseError):
    """A table was made by another version of this program, and its rows do not do any more."""


class EmptyShopError(LakehouseError):
    """There is nothing to work on: nothing landed, or nobody to learn from bought before as_of."""


class RejectedLinesError(LakehouseError):
    """So many lines fell to one reason that what is left tells little of the shop."""


class ExpectationError(LakehouseError):
    """Lines are not as expected, by a check of the level that ends the run."""


class RuntimeMissingError(LakehouseError):
    """Something this machine needs, such as Java or an optional package, is not there."""


class UndeclaredError(Exception):
    """A step touches a table, model or fact that it does not declare: a defect of this program."""
