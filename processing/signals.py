"""What happened, for whoever wants to know. Receivers run inside the transaction that made it true."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with `batch`, once for each round of a batch (Batch.rounds): its last item has ended, and no more are taken.
# What a receiver writes is there exactly if the batch is finished; what it raises takes the finish back.
batch_finished = Signal()
