"""The platform's error for each exception of kafka-python; a test proves that none is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from kafka import errors as k
from kafka.consumer.fetcher import RecordTooLargeError
from kafka.coordinator.base import UnjoinedGroupException

from shared.errors import Fenced, LogGap, LogUnavailable, MarqueeError, RequestRejected

# No response, or a temporary failure: the same call may succeed later.
_UNAVAILABLE = (
    k.RetriableError, k.InvalidMetadataError, k.Cancelled, k.KafkaConnectionError,
    k.CorrelationIdError, k.KafkaTimeoutError, k.MetadataEmptyBrokerList, k.NodeNotReadyError,
    k.StaleMetadata, k.TooManyInFlightRequests, k.UnknownTopicOrPartitionError,
    k.LeaderNotAvailableError, k.NotLeaderForPartitionError, k.RequestTimedOutError,
    k.ReplicaNotAvailableError, k.NetworkExceptionError, k.CoordinatorLoadInProgressError,
    k.CoordinatorNotAvailableError, k.NotCoordinatorError, k.NotEnoughReplicasError,
    k.NotEnoughReplicasAfterAppendError, k.NotControllerError, k.ConcurrentTransactionsError,
    k.KafkaStorageError, k.FetchSessionIdNotFoundError, k.InvalidFetchSessionEpochError,
    k.ListenerNotFoundError, k.FencedLeaderEpochError, k.UnknownLeaderEpochError,
    k.OffsetNotAvailableError, k.PreferredLeaderNotAvailableError,
    k.EligibleLeadersNotAvailableError, k.ElectionNotNeededError, k.UnstableOffsetCommitError,
    k.ThrottlingQuotaExceededError, k.UnknownTopicIdError, k.InconsistentTopicIdError,
    k.FetchSessionTopicIdError, k.ShareSessionNotFoundError, k.InvalidShareSessionEpochError,
    k.UnknownError, k.BrokerNotAvailableError, k.StaleControllerEpochError, k.StaleBrokerEpochError,
    k.UnknownBrokerIdError, k.QuotaViolationError, k.ReassignmentInProgressError,
    k.NewLeaderElectedError, k.UnknownControllerIdError, k.KafkaError, k.BrokerResponseError,
    k.NoError, k.KafkaProtocolError, k.InvalidReceiveError, UnjoinedGroupException,
)  # fmt: skip

# The producer's session ended and the outcome of its last batches is unknown. A new producer sends
# the events again with the same event_id, and readers drop duplicates.
PRODUCER_LOST = (
    k.OutOfOrderSequenceNumberError, k.DuplicateSequenceNumberError, k.InvalidProducerEpochError,
    k.InvalidTxnStateError, k.InvalidProducerIdMappingError, k.TransactionCoordinatorFencedError,
    k.UnknownProducerIdError, k.ProducerFencedError, k.TransactionAbortedError,
    k.TransactionAbortableError, k.TransactionalIdNotFoundError, k.IllegalStateError,
)  # fmt: skip

# The group rebalances or has rebalanced: this member's partitions may belong to another one.
_FENCED = (
    k.CommitFailedError, k.IllegalGenerationError, k.UnknownMemberIdError,
    k.RebalanceInProgressError, k.FencedInstanceIdError, k.FencedMemberEpochError,
    k.StaleMemberEpochError, k.UnreleasedInstanceIdError, k.FencedStateEpochError,
    k.MemberIdRequiredError,
)  # fmt: skip

_GAP = (
    k.OffsetOutOfRangeError, k.NoOffsetForPartitionError, k.LogTruncationError,
    k.OffsetMovedToTieredStorageError, k.PositionOutOfRangeError,
)  # fmt: skip

# The request, the settings or the permissions are wrong: repeating the call fails again.
_REJECTED = (
    k.IllegalArgumentError, k.KafkaConfigurationError, k.UnrecognizedBrokerVersion,
    k.UnsupportedCodecError, k.AuthorizationError, k.CorruptRecordError, k.InvalidFetchRequestError,
    k.MessageSizeTooLargeError, k.OffsetMetadataTooLargeError, k.InvalidTopicError,
    k.RecordListTooLargeError, k.InvalidRequiredAcksError, k.InconsistentGroupProtocolError,
    k.InvalidGroupIdError, k.InvalidSessionTimeoutError, k.InvalidCommitOffsetSizeError,
    k.TopicAuthorizationFailedError, k.GroupAuthorizationFailedError,
    k.ClusterAuthorizationFailedError, k.InvalidTimestampError, k.UnsupportedSaslMechanismError,
    k.IllegalSaslStateError, k.UnsupportedVersionError, k.IncompatibleBrokerVersion,
    k.TopicAlreadyExistsError, k.InvalidPartitionsError, k.InvalidReplicationFactorError,
    k.InvalidReplicationAssignmentError, k.InvalidConfigurationError, k.InvalidRequestError,
    k.UnsupportedForMessageFormatError, k.PolicyViolationError, k.InvalidTransactionTimeoutError,
    k.TransactionalIdAuthorizationFailedError, k.SecurityDisabledError,
    k.OperationNotAttemptedError, k.LogDirNotFoundError, k.SaslAuthenticationFailedError,
    k.DelegationTokenAuthDisabledError, k.DelegationTokenNotFoundError,
    k.DelegationTokenOwnerMismatchError, k.DelegationTokenRequestNotAllowedError,
    k.DelegationTokenAuthorizationFailedError, k.DelegationTokenExpiredError,
    k.InvalidPrincipalTypeError, k.NonEmptyGroupError, k.GroupIdNotFoundError,
    k.TopicDeletionDisabledError, k.UnsupportedCompressionTypeError, k.GroupMaxSizeReachedError,
    k.NoReassignmentInProgressError, k.GroupSubscribedToTopicError, k.InvalidRecordError,
    k.ResourceNotFoundError, k.DuplicateResourceError, k.UnacceptableCredentialError,
    k.InconsistentVoterSetError, k.InvalidUpdateVersionError, k.FeatureUpdateFailedError,
    k.PrincipalDeserializationFailureError, k.SnapshotNotFoundError,
    k.DuplicateBrokerRegistrationError, k.BrokerIdNotRegisteredError, k.InconsistentClusterIdError,
    k.IneligibleReplicaError, k.UnsupportedAssignorError, k.MismatchedEndpointTypeError,
    k.UnsupportedEndpointTypeError, k.UnknownSubscriptionIdError, k.TelemetryTooLargeError,
    k.InvalidRegistrationError, k.InvalidRecordStateError, k.InvalidVoterKeyError,
    k.DuplicateVoterError, k.VoterNotFoundError, RecordTooLargeError,
)  # fmt: skip

MEANINGS: dict[type[Exception], type[MarqueeError]] = {
    **dict.fromkeys(_UNAVAILABLE, LogUnavailable),
    **dict.fromkeys(PRODUCER_LOST, LogUnavailable),
    **dict.fromkeys(_FENCED, Fenced),
    **dict.fromkeys(_GAP, LogGap),
    **dict.fromkeys(_REJECTED, RequestRejected),
}


def translate(error: Exception, doing: str) -> MarqueeError:
    """Return the platform's error for a client's exception, by its nearest mapped base class.

    An unknown error code counts as LogUnavailable. `doing` completes the sentence
    "could not …".
    """
    meaning = next(
        (MEANINGS[base] for base in type(error).__mro__ if base in MEANINGS), LogUnavailable
    )
    message = f"could not {doing}: {error}"
    return LogGap(message, 0) if meaning is LogGap else meaning(message)


@contextmanager
def translate_errors(doing: str) -> Iterator[None]:
    """Raise the platform's error for any exception of the client inside the block."""
    try:
        yield
    except k.KafkaError as error:
        raise translate(error, doing) from error
