import Foundation

/// What the file system says of a path, of a link itself and not of what it points to.
struct FileStatus {
    var isFolder: Bool
    var userID: UInt32
    var groupID: UInt32
    var permissions: Int

    init?(_ path: String) {
        guard let found = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        isFolder = found[.type] as? FileAttributeType == .typeDirectory
        userID = (found[.ownerAccountID] as? NSNumber)?.uint32Value ?? .max
        groupID = (found[.groupOwnerAccountID] as? NSNumber)?.uint32Value ?? .max
        permissions = (found[.posixPermissions] as? NSNumber)?.intValue ?? 0
    }
}
