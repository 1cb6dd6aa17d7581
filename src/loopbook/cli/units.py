"""``loopbook units``: the unit operations that flowsheets are built of."""

import click

from loopbook.cli.parts import as_json_option, print_json, print_table


@click.command("units")
@click.argument("kind", required=False)
@as_json_option
def units_command(kind: str | None, as_json: bool) -> None:
    """List the unit operations of flowsheets, or describe one KIND with its law and parameters.

    \b
    Example:
      loopbook units
      loopbook units sieve
    """
    from loopbook.flowsheet import describe_unit, unit_kinds

    if kind is None:
        kinds = unit_kinds()
        if as_json:
            print_json([{"kind": name, "law": law} for name, law in kinds.items()])
        else:
            print_table("Unit operations", ("kind", "law"), kinds.items())
        return
    text = describe_unit(kind)
    if as_json:
        print_json({"kind": kind, "text": text})
    else:
        click.echo(text, nl=False)
