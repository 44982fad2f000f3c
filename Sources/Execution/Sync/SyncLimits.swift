/// What one call of a runner may bring and take.
package enum SyncLimits {
    package static let maximumCommits = 2_000
    package static let maximumWork = 2_000
    /// Runs in hand may get answers and timers also when the runner has no room for more runs.
    package static let minimumAnswers = 100
    package static let maximumWaitMilliseconds = 300_000
    /// Bytes of states, inputs and events that one look for a kind of work brings, but for the last run of it; what is beyond comes
    /// with the next. There are four kinds, and what is ready in memory: together less than a message may have.
    package static let maximumWorkBytes = 8 << 20
    /// Runs that are looked at together however large they seem to be.
    package static let minimumPage = 16
    /// Between two signs of life of an idle runner that are written down.
    package static let heartbeatSeconds: Double = 300
    /// The longest state, output or error of a run (`run_values_are_bounded`).
    package static let maximumPayloadBytes = 4 << 20
}
