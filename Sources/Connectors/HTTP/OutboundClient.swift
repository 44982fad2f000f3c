import NIOCore

/// Calls other systems over HTTP/1.1: through the egress rules, with verified TLS, within bounds.
///
/// It keeps connections alive, follows redirects only where told to, and knows of each failure whether the request may
/// have arrived.
package final class OutboundClient: Sendable {
    /// What a connection says about TLS beyond the scheme.
    package struct TLSSettings: Sendable, Hashable {
        /// PEM of the only authorities to trust.
        package var authorities: String?
        /// The name in the certificate, where it is not the host of the address.
        package var serverName: HostName?

        package init(authorities: String? = nil, serverName: HostName? = nil) {
            self.authorities = authorities
            self.serverName = serverName
        }
    }

    private let dialer: any EgressDialer
    private let pool: ConnectionPool
    private let tls: TrustedTLS

    package init(dialer: any EgressDialer, pool: ConnectionPool = ConnectionPool(), tls: TrustedTLS = TrustedTLS()) {
        self.dialer = dialer
        self.pool = pool
        self.tls = tls
    }

    package func close() { pool.close() }

    package func send(
        _ request: OutboundRequest, limits: CallLimits = CallLimits(), tls settings: TLSSettings = TLSSettings()
    ) async throws(OutboundFailure) -> OutboundResponse {
        let deadline = NIODeadline.in(seconds: limits.timeoutSeconds)
        try check(request)
        var request = request
        var redirectsLeft = limits.maximumRedirects
        while true {
            let response = try await sendOnce(request, limits: limits, tls: settings, deadline: deadline)
            guard redirectsLeft > 0, request.isSafe, [301, 302, 303, 307, 308].contains(response.status),
                let location = response.header("location")
            else { return response }
            guard let next = request.address.resolving(location: location) else {
                throw OutboundFailure(.malformed("it redirects to nowhere"), wasSent: true)
            }
            guard next.scheme == .https || request.address.scheme == .http else {
                throw OutboundFailure(.malformed("it redirects from https to http"), wasSent: true)
            }
            redirectsLeft -= 1
            request = redirected(request, to: next)
        }
    }

    /// Credentials and cookies stay with the system that they were meant for.
    private func redirected(_ request: OutboundRequest, to next: WebAddress) -> OutboundRequest {
        let here = request.address
        var request = request
        request.address = next
        guard here.scheme != next.scheme || here.host != next.host || here.port != next.port else { return request }
        let harmless: Set<String> = ["accept", "accept-language", "user-agent"]
        request.headers = request.headers.filter { harmless.contains($0.name.lowercased()) }
        return request
    }

    private func check(_ request: OutboundRequest) throws(OutboundFailure) {
        guard HeaderRules.isName(request.method) else {
            throw OutboundFailure(.invalidRequest("`\(request.method)` is not a method"), wasSent: false)
        }
        for (name, value) in request.headers {
            guard HeaderRules.isName(name), !HeaderRules.isReserved(name) else {
                throw OutboundFailure(.invalidRequest("the header `\(name)` cannot be set"), wasSent: false)
            }
            guard HeaderRules.isValue(value) else {
                throw OutboundFailure(
                    .invalidRequest("the value of the header `\(name)` has characters that it must not have"),
                    wasSent: false)
            }
        }
    }

    private func sendOnce(
        _ request: OutboundRequest, limits: CallLimits, tls settings: TLSSettings, deadline: NIODeadline
    ) async throws(OutboundFailure) -> OutboundResponse {
        let origin = ConnectionPool.Origin(
            scheme: request.address.scheme, host: request.address.host, port: request.address.port,
            authorities: settings.authorities, serverName: settings.serverName)
        if let waiting = pool.take(origin) {
            do {
                return try await exchange(request, over: waiting, origin: origin, limits: limits, deadline: deadline)
            } catch {
                // The other side may end an idle connection at any time. What was certainly not sent, or changes
                // nothing, is sent again over a fresh one.
                guard error.kind == .closed, !error.wasSent || request.isSafe else { throw error }
            }
        }
        let connection = try await connect(origin, limits: limits, deadline: deadline)
        return try await exchange(request, over: connection, origin: origin, limits: limits, deadline: deadline)
    }

    private func exchange(
        _ request: OutboundRequest, over connection: HTTPConnection, origin: ConnectionPool.Origin, limits: CallLimits,
        deadline: NIODeadline
    ) async throws(OutboundFailure) -> OutboundResponse {
        let (response, isReusable) = try await connection.send(request, limits: limits, deadline: deadline)
        if isReusable { pool.giveBack(connection, to: origin) } else { connection.close() }
        return response
    }

    private func connect(
        _ origin: ConnectionPool.Origin, limits: CallLimits, deadline: NIODeadline
    ) async throws(OutboundFailure) -> HTTPConnection {
        let deadline = min(deadline, .in(seconds: limits.connectTimeoutSeconds))
        let maximumHeaderBytes = limits.maximumHeaderBytes
        guard origin.scheme == .https else {
            let channel = try await open(origin, deadline) { channel in
                try HTTPConnection.configure(channel, maximumHeaderBytes: maximumHeaderBytes)
            }
            return HTTPConnection(channel: channel)
        }
        let security: TrustedTLS.Client
        do {
            security = try tls.client(authorities: origin.authorities, serverName: origin.serverName ?? origin.host)
        } catch {
            throw OutboundFailure(.tls(error.description), wasSent: false)
        }
        let handshake = Handshake()
        let channel = try await open(origin, deadline) { channel in
            let secured = handshake.promise(on: channel.eventLoop)
            try HTTPConnection.configure(channel, maximumHeaderBytes: maximumHeaderBytes, tls: (security, secured))
        }
        try await handshake.wait(channel, deadline)
        return HTTPConnection(channel: channel)
    }

    private func open(
        _ origin: ConnectionPool.Origin, _ deadline: NIODeadline,
        _ configure: @escaping @Sendable (any Channel) throws -> Void
    ) async throws(OutboundFailure) -> any Channel {
        do {
            return try await dialer.open(to: origin.host, port: origin.port, deadline: deadline, configure: configure)
        } catch {
            throw OutboundFailure(.egress(error), wasSent: false)
        }
    }
}
