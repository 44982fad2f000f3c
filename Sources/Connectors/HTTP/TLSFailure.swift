import NIOSSL

/// What of a TLS error a person needs to know.
enum TLSFailure {
    /// `nil` when the error is not one of TLS.
    static func reason(_ error: any Error) -> String? {
        switch error {
        case let error as NIOSSLError:
            switch error {
            case .handshakeFailed(let inner): return text("\(inner)")
            case .unableToValidateCertificate: return "the certificate is not trusted"
            case .uncleanShutdown: return nil
            default: return "\(error)"
            }
        case is NIOSSLExtraError: return "the certificate is not for this host"
        case let error as BoringSSLError: return text("\(error)")
        default: return nil
        }
    }

    private static func text(_ description: String) -> String {
        description.contains("CERTIFICATE_VERIFY_FAILED") ? "the certificate is not trusted" : description
    }
}
