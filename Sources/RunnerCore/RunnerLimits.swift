import RunnerProtocol
package import Workflow

/// The bounds of one runner, all of them.
package struct RunnerLimits: Sendable {
    /// Until the plant's settings say otherwise.
    package var maximumRunsInHand = 1000
    package var maximumEffects = 64
    /// Commits in one sync.
    package var commitsPerSync = 256
    /// Runs advanced before what is finished is sent and other work of the loop gets its turn.
    package var advancesPerSlice = 64
    /// Of one message to the control plane, which reads no longer ones.
    package var messageBytes = MessageLimits.maximumBytes
    /// Compiled definitions kept for runs to come.
    package var definitions = 64
    /// How long the control plane may hold a sync when there is nothing to do.
    package var longPollMilliseconds = 60_000
    /// How long a control plane may take to answer beyond that.
    package var answerSeconds = 30.0
    /// From the wish to stop until the runner leaves with what is still open.
    package var drainSeconds = 8.0
    /// Pauses between attempts to reach the control plane, doubling.
    package var backoffSeconds: ClosedRange<Double> = 0.05...2
    /// Runs that were let go whose last transition is remembered, so that a late message about them is recognised.
    package var remembered = 4096
    /// Of one evaluation and one advance.
    package var engine = EngineLimits.standard

    package init() {}
}
