"""``loopbook book kinds``: the commands of the book and their fields."""

import click

from loopbook.cli.parts import as_json_option, print_json


@click.command("kinds")
@click.argument("kind", required=False)
@as_json_option
def kinds_command(kind: str | None, as_json: bool) -> None:
    """List the kinds of commands that a book takes, or describe one KIND with its fields.

    \b
    Example:
      loopbook book kinds
      loopbook book kinds weigh
    """
    from loopbook.book import all_commands, describe_command, schema_of_command

    if kind is None:
        known = all_commands()
        if as_json:
            print_json({name: schema_of_command(name) for name in known})
        else:
            for name, command in known.items():
                click.echo(f"{name:18} {(command.__doc__ or '').splitlines()[0]}")
    elif as_json:
        print_json(schema_of_command(kind))
    else:
        click.echo(describe_command(kind), nl=False)
