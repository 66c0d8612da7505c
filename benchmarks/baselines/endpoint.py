"""The least that acknowledges a command: Starlette and the check of the signature. It opens nothing."""

from slack_sdk.signature import SignatureVerifier
from starlette.requests import Request
from starlette.responses import Response

from benchmarks.baselines.serving import Settings, serve


def main() -> None:
    settings = Settings.read()
    verifier = SignatureVerifier(settings.signing_secret)

    async def receive(request: Request) -> Response:
        is_signed = verifier.is_valid_request(await request.body(), dict(request.headers))
        return Response(status_code=200 if is_signed else 401)

    serve(settings, receive, None)


if __name__ == "__main__":
    main()
