"""What the comparing benchmark has to know of this host: how to seed it, through the protocol."""

import kinds  # type: ignore[import-not-found]  # beside the benchmark that loads this file

IN_FLIGHT = 32


class Threadhost(kinds.Generic):  # type: ignore[misc]
    """Threads and trees come into being as clients make them, not behind the host's back."""

    name = "threadhost"

    async def seed_threads(
        self, home: str, cwd: str, model_url: str, n: int, window: int = IN_FLIGHT
    ) -> list[str]:
        """`n` stored threads of one turn each, oldest first."""
        ids: list[str] = await super().seed_threads(home, cwd, model_url, n, window)
        return ids

    async def seed_tree(
        self, home: str, cwd: str, model_url: str, n: int, shape: str = "bushy"
    ) -> list[str]:
        """A root and `n` threads below it; the root first."""
        async with self.server(home, cwd, model_url, keep_log=False) as server:
            await server.initialize(opt_out=["thread/started"])

            async def start(**more: str) -> str:
                answer = await server.ok("thread/start", {"cwd": str(cwd), **more})
                return str(answer["thread"]["id"])

            ids = [await start()]
            for parent, _ in kinds.tree_edges(range(n + 1), shape):
                ids.append(await start(parentThreadId=ids[parent]))
        return ids


KINDS = {"threadhost": Threadhost}
