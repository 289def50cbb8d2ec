"""The agent that speaks on dialdeck's LiveKit calls: small, complete, and meant to be changed.

dialdeck makes a room for every attempt, sends for this agent, waits until it is there and only then
has LiveKit dial the callee into the room. What the agent is told stands in the dispatch metadata;
what it learns it reports to dialdeck by POST, with the token of that one attempt.
"""

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta

import aiohttp
from dotenv import load_dotenv
from livekit import rtc
from livekit.agents import (
    AMD,
    Agent,
    AgentServer,
    AgentSession,
    JobContext,
    RunContext,
    cli,
    function_tool,
    inference,
    room_io,
    utils,
)

load_dotenv()
log = logging.getLogger("dialdeck-agent")

# The name in the trunk's `agent = "…"`. With a name, LiveKit sends for this agent only when asked.
AGENT_NAME = "dialdeck"

# A report is tried this often: dialdeck may be restarting. The same report again is harmless.
REPORT_TRIES = 4


class Deck:
    """What dialdeck told about this call, and the way back to it."""

    def __init__(self, metadata: str) -> None:
        told = json.loads(metadata or "{}")
        self.attempt: str = told["attempt"]
        self.identity: str = told["identity"]
        self.campaign: str = told.get("campaign", "")
        self.name: str = told.get("name", "")
        self.variables: dict = told.get("variables", {})
        self.human_agent: bool = told.get("human_agent", False)
        self._callback: str | None = told.get("callback")
        self._token: str = told.get("token", "")

    async def report(self, event: str, *, at: datetime | None = None, **more: str) -> None:
        """Reports one event. A call goes on whether or not dialdeck hears of it."""
        if self._callback is None:
            return  # The deck has no listener: it finds the end of the call by asking LiveKit.
        moment = (at or datetime.now(UTC)).isoformat(timespec="milliseconds")
        body = {"attempt": self.attempt, "event": event, "at": moment, **more}
        headers = {"Authorization": f"Bearer {self._token}"}
        timeout = aiohttp.ClientTimeout(total=5)
        for attempt in range(REPORT_TRIES):
            try:
                async with utils.http_context.http_session().post(
                    self._callback, json=body, headers=headers, timeout=timeout
                ) as answer:
                    if answer.status < 500:
                        if answer.status != 200:
                            log.warning("dialdeck refused %s: %s", event, answer.status)
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass  # Said below, once.
            await asyncio.sleep(2**attempt)
        log.warning("dialdeck was not told of %s", event)


class Speaker(Agent):
    """Says what the call is about, and listens for two things above all: no, and stop."""

    def __init__(self, deck: Deck, ctx: JobContext) -> None:
        self.deck = deck
        self.ctx = ctx
        about = json.dumps(deck.variables, ensure_ascii=False)
        super().__init__(
            instructions=(
                f"You are an automated assistant. You call {deck.name or 'the callee'} on behalf of "
                f"the campaign '{deck.campaign}'. Say at once that you are automated and why you "
                f"call. What you know: {about}. Be brief and polite. "
                "If the callee asks not to be called again, in whatever words, call "
                "`stop_calling` at once. When the conversation is over, call `finish`."
            )
        )

    @function_tool
    async def stop_calling(self, context: RunContext) -> None:
        """The callee does not want to be called again."""
        # Reported before anything else is said: it holds from this moment on.
        await self.deck.report("opt_out")
        await context.session.say("You will not be called again. Goodbye.")
        await self.ctx.delete_room()

    @function_tool
    async def finish(self, context: RunContext, result: str) -> None:
        """The conversation is over.

        Args:
            result: How it went, in a word or two: confirmed, declined, call back, wrong person.
        """
        await self.deck.report("result", result=result)
        await context.session.say("Thank you. Goodbye.")
        await self.ctx.delete_room()


server = AgentServer()


@server.rtc_session(agent_name=AGENT_NAME)
async def entrypoint(ctx: JobContext) -> None:
    deck = Deck(ctx.job.metadata)
    session = AgentSession(
        stt=inference.STT("deepgram/nova-3", language="en"),
        llm=inference.LLM("openai/gpt-4.1-mini"),
        tts=inference.TTS("cartesia/sonic-3"),
    )
    # Only from here on does dialdeck see the agent at work, and have the callee dialed.
    await session.start(
        agent=Speaker(deck, ctx),
        room=ctx.room,
        room_options=room_io.RoomOptions(participant_identity=deck.identity),
    )
    report_when_bridged(ctx, deck)

    # Listens from before the answer, so that nothing of the greeting is missed.
    async with AMD(session, participant_identity=deck.identity) as detector:
        heard = await detector.execute()
    if heard.reason == "participant_missing":
        return  # Nobody picked up; LiveKit tells dialdeck why.

    # The two seconds within which a person has to have an agent run from here.
    greeting_ended = datetime.now(UTC) - timedelta(seconds=heard.delay)
    await deck.report("greeting_ended", at=greeting_ended)
    silent = heard.reason == "no_speech_timeout"
    callee_type = "unknown" if silent else heard.category.value
    await deck.report("callee_type", callee_type=callee_type)

    if heard.category.value in ("machine-vm", "machine-unavailable"):
        if heard.category.value == "machine-vm":
            await session.generate_reply(
                instructions="Leave a message of one sentence: who called and why."
            )
        await deck.report("result", result="voicemail")
        await ctx.delete_room()
    elif deck.human_agent:
        # People talk to people here: whoever answers the desk's calls joins this room. Until then
        # nothing is said, and after two seconds dialdeck counts the call as abandoned.
        log.info("waiting for somebody to join %s", ctx.room.name)
    else:
        await session.generate_reply(instructions="Greet the callee and say why you call.")


def report_when_bridged(ctx: JobContext, deck: Deck) -> None:
    """Reports the moment a person of yours joins the callee."""
    reports: set[asyncio.Task] = set()

    def joined(participant: rtc.RemoteParticipant) -> None:
        if participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD:
            task = asyncio.create_task(deck.report("bridged"))
            reports.add(task)
            task.add_done_callback(reports.discard)

    ctx.room.on("participant_connected", joined)


if __name__ == "__main__":
    cli.run_app(server)
