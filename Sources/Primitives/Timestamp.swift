#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A moment in UTC with the resolution that PostgreSQL keeps: microseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var unixMicroseconds: Int64

    public init(unixMicroseconds: Int64) { self.unixMicroseconds = unixMicroseconds }
    public init(unixMilliseconds: Int64) { unixMicroseconds = unixMilliseconds.multipliedWithinBounds(by: 1000) }
    public init(unixSeconds: Double) { unixMicroseconds = Int64(microsecondsWithinBounds: unixSeconds) }

    /// From 1970 to the end of the year 9999: what is written as RFC 3339 and what others may tell us. A message or a stored
    /// state with another moment is refused.
    public static let tellable = Timestamp(unixMicroseconds: 0)...Timestamp(unixMicroseconds: 253_402_300_799_999_999)

    public var unixMilliseconds: Int64 { unixMicroseconds.flooredDivision(by: 1000) }
    public var unixSeconds: Double { Double(unixMicroseconds) / 1_000_000 }

    /// The machine's clock. Only the edge of the system may call this; everything inside is handed a moment.
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(unixMicroseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    public static func < (left: Self, right: Self) -> Bool { left.unixMicroseconds < right.unixMicroseconds }

    // Moments and times come from outside, too: sums stop at the first and the last moment instead of ending the process.

    public func adding(seconds: Double) -> Timestamp {
        Timestamp(unixMicroseconds: unixMicroseconds.addingWithinBounds(Int64(microsecondsWithinBounds: seconds)))
    }

    public func adding(_ duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let whole = seconds.multipliedWithinBounds(by: 1_000_000)
        return Timestamp(
            unixMicroseconds: unixMicroseconds.addingWithinBounds(
                whole.addingWithinBounds(attoseconds / 1_000_000_000_000)))
    }

    public func duration(since earlier: Timestamp) -> Duration {
        let (difference, overflow) = unixMicroseconds.subtractingReportingOverflow(earlier.unixMicroseconds)
        return .microseconds(overflow ? (self < earlier ? .min : .max) : difference)
    }

    /// RFC 3339 in UTC; the fraction is written only when there is one: `2026-01-31T08:00:00Z`, `…:00.25Z`.
    public var description: String {
        let day = unixMicroseconds.flooredDivision(by: 86_400_000_000)
        let rest = unixMicroseconds % 86_400_000_000
        let inDay = rest < 0 ? rest + 86_400_000_000 : rest
        let date = CivilDate(daysSince1970: day)
        let seconds = inDay / 1_000_000
        var text = date.description
        text += "T\(twoDigits(seconds / 3600)):\(twoDigits(seconds / 60 % 60)):\(twoDigits(seconds % 60))"
        var fraction = inDay % 1_000_000
        if fraction > 0 {
            var width = 6
            while fraction % 10 == 0 {
                fraction /= 10
                width -= 1
            }
            let digits = String(fraction)
            text += "." + String(repeating: "0", count: width - digits.count) + digits
        }
        return text + "Z"
    }
}

func twoDigits(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

extension Int64 {
    /// Seconds as microseconds; the nearest there is for a number that is too large, 0 for one that is none.
    fileprivate init(microsecondsWithinBounds seconds: Double) {
        let microseconds = (seconds * 1_000_000).rounded()
        if microseconds >= -0x1p63, microseconds < 0x1p63 {
            self = Int64(microseconds)
        } else {
            self = microseconds.isNaN ? 0 : microseconds < 0 ? .min : .max
        }
    }

    fileprivate func addingWithinBounds(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    fileprivate func multipliedWithinBounds(by factor: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? ((self < 0) == (factor < 0) ? .max : .min) : product
    }

    func flooredDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
