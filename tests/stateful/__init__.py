"""Random programs of what people do and what goes wrong, in time that is made.

`lines` is what a program can be made of and how often, `cluster` the people, servers and replicas to which it happens,
`truths` what must hold after each line and in the end, `simulation` the event loop in which a replica can be killed
anywhere. A new thing that people do or that goes wrong is a line; what must never be so is a truth.
"""
