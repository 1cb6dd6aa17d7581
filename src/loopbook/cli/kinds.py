"""``loopbook book kinds``: commands of the book and files that it imports, with their fields."""

import click

from loopbook.cli.parts import as_json_option, print_json


@click.command("kinds")
@click.argument("kind", required=False)
@as_json_option
def kinds_command(kind: str | None, as_json: bool) -> None:
    """List the kinds of commands and of files that a book takes, or describe one KIND.

    \b
    Example:
      loopbook book kinds
      loopbook book kinds weigh
      loopbook book kinds tickets
    """
    from loopbook.book import describe_kind, list_kinds, schema_of_kind

    if as_json:
        schemas = {name: schema_of_kind(name) for names in list_kinds().values() for name in names}
        print_json(schemas if kind is None else schema_of_kind(kind))
    elif kind is not None:
        click.echo(describe_kind(kind), nl=False)
    else:
        for title, kinds in list_kinds().items():
            click.echo(f"{title}:")
            for name, sentence in kinds.items():
                click.echo(f"  {name:18} {sentence}")
