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
    AMDPredictionEvent,
    AgentServer,
    AgentSession,
    JobContext,
    RunContext,
    UserStateChangedEvent,
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
    greeting = Greeting(ctx, session, deck.identity)
    # The session enters the room while it starts, and its attribute `lk.agent.state` says `initializing`
    # until it has. dialdeck waits for that, and only then has the callee dialed.
    await session.start(
        agent=Speaker(deck, ctx),
        room=ctx.room,
        room_options=room_io.RoomOptions(participant_identity=deck.identity),
    )
    report_when_bridged(ctx, deck)

    heard = await detect(ctx, session, deck.identity)
    if heard is None:
        return  # Nobody picked up; LiveKit tells dialdeck why.

    # The two seconds within which a person has to have an agent run from here.
    now = datetime.now(UTC)
    await deck.report("greeting_ended", at=greeting.ended or now - timedelta(seconds=heard.delay))
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


class Greeting:
    """When the callee fell silent after the last words before the verdict.

    The verdict itself comes later, since it waits whether more is said: up to a second and a half.
    """

    # The silence after which the detector of the session calls the callee silent, if it does not say.
    SILENCE = 0.25

    def __init__(self, ctx: JobContext, session: AgentSession, identity: str) -> None:
        self.ended: datetime | None = None
        self._ctx = ctx
        self._session = session
        self._identity = identity
        session.on("user_state_changed", self._changed)

    def _changed(self, event: UserStateChangedEvent) -> None:
        if (event.old_state, event.new_state) != ("speaking", "listening"):
            return
        callee = self._ctx.room.remote_participants.get(self._identity)
        if callee is None or callee.attributes.get("sip.callStatus") != "active":
            return  # What sounds before the answer is the network, not the callee.
        silence = getattr(self._session.vad, "min_silence_duration", None)
        if silence is None:
            silence = self.SILENCE
        self.ended = datetime.fromtimestamp(event.created_at - silence, UTC)


async def detect(
    ctx: JobContext, session: AgentSession, identity: str
) -> AMDPredictionEvent | None:
    """Tells a person from a machine; `None`: nobody picked up.

    Listens from before the answer, so that nothing of the greeting is missed. The detector gives up
    when it hears nothing of the callee for five seconds, and the phone may ring for longer than that,
    or not ring yet: as long as the callee is in the room, or may still enter it, it is asked again.
    """
    try:
        await ctx.wait_for_participant(identity=identity)
    except RuntimeError:
        return None  # The room is gone: the call was not dialed.
    while identity in ctx.room.remote_participants:
        async with AMD(session, participant_identity=identity) as detector:
            heard = await detector.execute()
        if heard.reason != "participant_missing":
            return heard
        await asyncio.sleep(0.1)
    return None


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
