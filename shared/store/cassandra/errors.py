"""The platform's error for each exception of the Cassandra driver; a test proves that none is
missing.
"""

import cassandra as c
from cassandra import cluster, connection, protocol, query

from shared.errors import MarqueeError, RequestRejected, SchemaMismatch, StoreUnavailable

# No response, too few replicas, or a temporary failure; a write may have been applied.
_UNAVAILABLE = (
    c.DriverException, c.RequestExecutionException, c.Unavailable, c.Timeout, c.ReadTimeout,
    c.WriteTimeout, c.CoordinationFailure, c.ReadFailure, c.WriteFailure, c.CDCWriteFailure,
    c.OperationTimedOut, cluster.NoHostAvailable, cluster.NoConnectionsAvailable,
    connection.ConnectionException, connection.ConnectionShutdown, connection.ConnectionBusy,
    connection.ProtocolError, connection.CrcException, connection.CrcMismatchException,
    protocol.ErrorMessage, protocol.ErrorMessageSub, protocol.ServerError,
    protocol.RequestExecutionException, protocol.UnavailableErrorMessage,
    protocol.OverloadedErrorMessage, protocol.IsBootstrappingErrorMessage, protocol.TruncateError,
    protocol.WriteTimeoutErrorMessage, protocol.ReadTimeoutErrorMessage,
    protocol.ReadFailureMessage, protocol.WriteFailureMessage, protocol.CDCWriteException,
    protocol.ClientWriteError, protocol.PreparedQueryNotFound, cluster.QueryExhausted,
    query.TraceUnavailable, protocol.InternalError,
)  # fmt: skip

_SCHEMA = (
    c.AlreadyExists,
    protocol.AlreadyExistsException,
    c.ConfigurationException,
    protocol.ConfigurationException,
    cluster.UserTypeDoesNotExist,
)

# The statement, the settings or the permissions are wrong: repeating the call fails again.
_REJECTED = (
    c.RequestValidationException, c.InvalidRequest, c.Unauthorized, c.AuthenticationFailed,
    c.UnsupportedOperation, c.FunctionFailure, c.UnresolvableContactPoints, c.DependencyException,
    connection.ProtocolVersionUnsupported, protocol.ProtocolException, protocol.NotSupportedError,
    protocol.BadCredentials, protocol.FunctionFailureMessage, protocol.RequestValidationException,
    protocol.SyntaxException, protocol.UnauthorizedErrorMessage, protocol.InvalidRequestException,
)  # fmt: skip

MEANINGS: dict[type[Exception], type[MarqueeError]] = {
    **dict.fromkeys(_UNAVAILABLE, StoreUnavailable),
    **dict.fromkeys(_SCHEMA, SchemaMismatch),
    **dict.fromkeys(_REJECTED, RequestRejected),
}

DRIVER_ERRORS: tuple[type[Exception], ...] = (*MEANINGS, OSError)


def translate(error: Exception, doing: str) -> MarqueeError:
    """Return the platform's error for a driver's exception, by its nearest mapped base class.

    An OSError is a broken connection. Any other class, such as TypeError, is a value that the
    driver cannot encode. `doing` completes the sentence "could not …".
    """
    meaning = next((MEANINGS[base] for base in type(error).__mro__ if base in MEANINGS), None)
    if meaning is None:
        meaning = StoreUnavailable if isinstance(error, OSError) else RequestRejected
    return meaning(f"could not {doing}: {type(error).__name__}: {error}")
