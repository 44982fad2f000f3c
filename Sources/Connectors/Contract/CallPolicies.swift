/// The bounds of one try of one call.
package struct CallLimits: Sendable, Hashable {
    package var timeoutSeconds: Double
    package var connectTimeoutSeconds: Double
    /// The longest silence while an answer is awaited or arrives.
    package var readTimeoutSeconds: Double
    package var maximumResponseBytes: Int
    package var maximumHeaderBytes: Int
    /// How many redirects of a read are followed; each passes the plant's egress rules anew.
    package var maximumRedirects: Int

    package init(
        timeoutSeconds: Double = 30, connectTimeoutSeconds: Double = 10, readTimeoutSeconds: Double = 20,
        maximumResponseBytes: Int = 1 << 20, maximumHeaderBytes: Int = 32 << 10, maximumRedirects: Int = 0
    ) {
        self.timeoutSeconds = timeoutSeconds
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.readTimeoutSeconds = readTimeoutSeconds
        self.maximumResponseBytes = maximumResponseBytes
        self.maximumHeaderBytes = maximumHeaderBytes
        self.maximumRedirects = maximumRedirects
    }
}

/// How often a system may be asked, as a token bucket a connection.
package struct RateLimit: Sendable, Hashable {
    package var perSecond: Double
    package var burst: Int

    package init(perSecond: Double, burst: Int) {
        self.perSecond = perSecond
        self.burst = burst
    }
}

/// How a retryable answer is tried again, inside one attempt of the task.
package struct RetryPolicy: Sendable, Hashable {
    /// All tries together; 1 tries once.
    package var attempts: Int
    package var initialSeconds: Double
    package var maximumSeconds: Double
    package var multiplier: Double

    package init(
        attempts: Int = 3, initialSeconds: Double = 0.25, maximumSeconds: Double = 5, multiplier: Double = 2
    ) {
        self.attempts = attempts
        self.initialSeconds = initialSeconds
        self.maximumSeconds = maximumSeconds
        self.multiplier = multiplier
    }

    /// The pause before the try after `attempt` (1 for the first), without jitter.
    package func pauseSeconds(after attempt: Int) -> Double {
        var seconds = initialSeconds
        for _ in 1..<max(1, attempt) where seconds < maximumSeconds { seconds *= multiplier }
        return min(seconds, maximumSeconds)
    }
}
