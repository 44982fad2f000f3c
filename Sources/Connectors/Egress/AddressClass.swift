/// What kind of place an address is. Only `public` may be reached without a rule that says otherwise.
package enum AddressClass: String, Sendable, Hashable, CaseIterable {
    case `public`
    case `private`
    case loopback
    case linkLocal = "link-local"
    /// Answers with the machine's own credentials in clouds.
    case metadata
    /// Carrier-grade NAT, 100.64.0.0/10.
    case sharedCarrier = "shared-carrier"
    /// Documentation, benchmarking, future use and other ranges of the special-purpose registries.
    case reserved
    case multicast
    case unspecified

    /// Never reached, whatever a rule or the operator says: an unspecified address is this machine, a group is not a
    /// host, and what answers on the control plane's own link answers to the control plane and not to a tenant.
    package var isNeverReachable: Bool {
        switch self {
        case .multicast, .unspecified, .linkLocal, .metadata: true
        case .public, .private, .loopback, .sharedCarrier, .reserved: false
        }
    }

    package init(_ address: InternetAddress) {
        if Self.metadataAddresses.contains(address) {
            self = .metadata
        } else if address.isV6 {
            self = Self.classify(v6: address)
        } else {
            self = Self.classify(v4: address)
        }
    }

    /// AWS, Azure, GCP, OpenStack; ECS tasks; Alibaba; Azure's wire server; AWS over IPv6.
    private static let metadataAddresses: Set<InternetAddress> = [
        InternetAddress(v4: (169, 254, 169, 254)), InternetAddress(v4: (169, 254, 170, 2)),
        InternetAddress(v4: (100, 100, 100, 200)), InternetAddress(v4: (168, 63, 129, 16)),
        InternetAddress("fd00:ec2::254")!,
    ]

    /// IANA IPv4 Special-Purpose Address Registry.
    private static func classify(v4 address: InternetAddress) -> AddressClass {
        let bytes = address.bytes
        switch (bytes[0], bytes[1], bytes[2]) {
        case (0, _, _): return .unspecified
        case (127, _, _): return .loopback
        case (10, _, _), (172, 16...31, _), (192, 168, _): return .private
        case (169, 254, _): return .linkLocal
        case (100, 64...127, _): return .sharedCarrier
        case (192, 0, 0), (192, 0, 2), (192, 88, 99), (198, 18...19, _), (198, 51, 100), (203, 0, 113): return .reserved
        case (224...239, _, _): return .multicast
        case (240...255, _, _): return .reserved
        default: return .public
        }
    }

    /// IANA IPv6 Special-Purpose Address Registry. An address that carries an IPv4 address is judged by that one.
    private static func classify(v6 address: InternetAddress) -> AddressClass {
        let bytes = address.bytes
        if let inner = embeddedV4(bytes) { return AddressClass(inner) }
        if bytes.allSatisfy({ $0 == 0 }) { return .unspecified }
        if bytes.dropLast().allSatisfy({ $0 == 0 }), bytes[15] == 1 { return .loopback }
        if bytes[0] == 0xFF { return .multicast }
        if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 { return .linkLocal }
        if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0xC0 { return .private }
        if bytes[0] & 0xFE == 0xFC { return .private }
        // Only 2000::/3 is given out as global unicast.
        guard bytes[0] & 0xE0 == 0x20 else { return .reserved }
        if bytes[0] == 0x20, bytes[1] == 0x01 {
            if bytes[2] == 0x0D, bytes[3] == 0xB8 { return .reserved }
            // 2001::/23: Teredo, benchmarking, ORCHID.
            if bytes[2] < 0x02 { return .reserved }
        }
        if bytes[0] == 0x3F, bytes[1] == 0xFF, bytes[2] & 0xF0 == 0 { return .reserved }
        return .public
    }

    private static func embeddedV4(_ bytes: [UInt8]) -> InternetAddress? {
        let tail = InternetAddress(v4: (bytes[12], bytes[13], bytes[14], bytes[15]))
        // ::ffff:0:0/96 mapped, ::/96 compatible (but :: and ::1 are themselves), ::ffff:0:0:0/96 translated.
        if bytes.prefix(10).allSatisfy({ $0 == 0 }) {
            if bytes[10] == 0xFF, bytes[11] == 0xFF { return tail }
            if bytes[10] == 0, bytes[11] == 0, bytes[12] != 0 || bytes[13] != 0 || bytes[14] != 0 { return tail }
        }
        if bytes.prefix(8).allSatisfy({ $0 == 0 }), bytes[8] == 0xFF, bytes[9] == 0xFF, bytes[10] == 0, bytes[11] == 0 {
            return tail
        }
        // 64:ff9b::/96 and 64:ff9b:1::/48, NAT64.
        if bytes[0] == 0, bytes[1] == 0x64, bytes[2] == 0xFF, bytes[3] == 0x9B { return tail }
        // 2002::/16, 6to4.
        if bytes[0] == 0x20, bytes[1] == 0x02 {
            return InternetAddress(v4: (bytes[2], bytes[3], bytes[4], bytes[5]))
        }
        return nil
    }
}
