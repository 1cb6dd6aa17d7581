"""Units that move matter without changing it.

All of them follow one law, the transfer coefficient: of each component, a share of what enters
goes to the named outlet and the rest to the other. They differ in ports, parameters and meaning.
"""
