"""``loopbook new``: a shipped case becomes the user's own."""

import click


@click.command("new")
@click.argument("name")
@click.option(
    "--from",
    "source",
    default="",
    metavar="CASE",
    help="Shipped case to copy; by default the case called NAME, or the only one.",
)
def new_command(name: str, source: str) -> None:
    """Copy a shipped case into the new folder NAME, to edit and run.

    \b
    Example:
      loopbook new mine --from gmbi
    """
    from loopbook.cases import new_case

    folder = new_case(name, source=source)
    click.echo(f"{folder}: edit its CSV and TOML files, then: loopbook run {folder}")
