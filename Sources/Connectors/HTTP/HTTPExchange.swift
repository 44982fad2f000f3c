/// One request, one answer: the network behind `OutboundClient`, or whatever stands for it.
package protocol HTTPExchange: Sendable {
    func exchange(
        _ request: OutboundRequest, limits: CallLimits
    ) async throws(OutboundFailure) -> OutboundResponse
}

extension OutboundClient: HTTPExchange {
    package func exchange(
        _ request: OutboundRequest, limits: CallLimits
    ) async throws(OutboundFailure) -> OutboundResponse {
        try await send(request, limits: limits)
    }
}

/// A client whose calls trust one set of authorities only.
package struct TrustingExchange: HTTPExchange {
    private let client: OutboundClient
    private let settings: OutboundClient.TLSSettings

    /// - Parameter authorities: PEM.
    package init(client: OutboundClient, authorities: String) {
        self.client = client
        settings = OutboundClient.TLSSettings(authorities: authorities)
    }

    package func exchange(
        _ request: OutboundRequest, limits: CallLimits
    ) async throws(OutboundFailure) -> OutboundResponse {
        try await client.send(request, limits: limits, tls: settings)
    }
}
