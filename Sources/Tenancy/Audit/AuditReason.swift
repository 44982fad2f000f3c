/// Why a request changes something, as its sender says beside it: for every change that names no reason of its own.
package enum AuditReason {
    package static let maximumBytes = 2000

    @TaskLocal package static var current: String?
}
