"""Who is calling, and may they."""

from __future__ import annotations

from coinassay.api import signing
from coinassay.api.call import Call
from coinassay.api.limits import RateLimiter
from coinassay.api.options import ApiOptions
from coinassay.domain.addresses import bucket
from coinassay.domain.api_key import ApiKey, Permission
from coinassay.errors import NotAuthenticated, PermissionDenied, SignatureInvalid
from coinassay.services.api_keys import ApiKeyService


class Gate:
    """Lets requests with a good key and signature through.

    Three limits stand here. The one of a key counts only requests that its holder has signed: an API key travels in the
    clear in every request, and who has merely seen it must not be able to use up its owner's requests or get it banned.
    Requests that cannot be authenticated count for the address they come from, and only they are refused when there
    were too many of them: behind one router or proxy an intruder and the owner look alike, and nobody may be able to
    lock the other out. The third is for what anybody may ask without a key.
    """

    def __init__(self, keys: ApiKeyService, options: ApiOptions) -> None:
        self._keys = keys
        self._limiter = None if options.rate_limit is None else RateLimiter(options.rate_limit, options.seconds)
        self._failures = None if options.failure_limit is None else RateLimiter(options.failure_limit, options.seconds)
        self._strangers = None if options.failure_limit is None else RateLimiter(options.failure_limit, options.seconds)

    async def admit(self, call: Call, address: str, permission: Permission | None) -> ApiKey:
        """The key that signed `call`, which came from `address` and needs `permission`.

        Raises NotAuthenticated, SignatureInvalid, PermissionDenied, TooManyRequests, Banned.
        """
        try:
            key = await self._identify(call, address)
        except NotAuthenticated:
            if self._failures is not None:
                self._failures.count(bucket(address))
            raise
        if self._limiter is not None:
            self._limiter.count(key.id)
        if permission is not None and permission not in key.permissions:
            raise PermissionDenied
        self._keys.note_use(key)
        return key

    def admit_anybody(self, address: str) -> None:
        """For what needs no key: counted by itself, so that neither limit uses up the other. Raises TooManyRequests,
        Banned."""
        if self._strangers is not None:
            self._strangers.count(bucket(address))

    async def _identify(self, call: Call, address: str) -> ApiKey:
        key = await self._keys.find(call.header(b"apikey"))
        signature = call.header(b"signature")
        if key is None or not key.allows_ip(address):
            signing.verify_unknown(signature, method=call.method, path=call.path, query=call.query, body=call.body)
            raise NotAuthenticated
        if not signing.verify(
            key.kind,
            key.verifier,
            signature,
            method=call.method,
            path=call.path,
            query=call.query,
            body=call.body,
        ):
            raise SignatureInvalid
        return key
