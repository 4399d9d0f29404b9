"""What is new, brought to those who don't ask: WebSub pings, signed webhooks, notifications and digests.

``gathering`` and ``websub`` put it into the outbox (store.outbox), ``posting`` takes it out and sends it.
"""
