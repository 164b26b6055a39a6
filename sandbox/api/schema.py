"""Which properties the API's types have: their local ones, and their relations with the type they lead to.

A property that a mask names and that is not here is refused, as the cloud does. `SCHEMA` is keyed by the
name of the type without `SoftLayer_`.
"""

from sandbox.api.notation import Type
from sandbox.api.notation import described as _type

_PRICE_FEES = "hourlyRecurringFee recurringFee setupFee oneTimeFee laborFee"

SCHEMA: dict[str, Type] = {
    "Account": _type(
        """
        id accountStatusId brandId companyName createDate email firstName lastName isReseller
        officePhone
        """,
        """
        virtualGuests:Virtual_Guest[] hourlyVirtualGuests:Virtual_Guest[]
        monthlyVirtualGuests:Virtual_Guest[] sshKeys:Security_Ssh_Key[] networkVlans:Network_Vlan[]
        subnets:Network_Subnet[] orders:Billing_Order[] allTopLevelBillingItems:Billing_Item[]
        allBillingItems:Billing_Item[] users:User_Customer[] upgradeRequests:*[] placementGroups:*[]
        dedicatedHosts:*[] securityGroups:*[] hardware:*[] domains:*[] networkStorage:*[]
        openTickets:*[] tickets:*[] blockDeviceTemplateGroups:*[]
        privateBlockDeviceTemplateGroups:*[] portableStorageVolumes:*[] activeQuotes:*[]
        invoices:*[] routers:Hardware_Router[] tags:Tag[] pendingInvoice:* nextInvoiceTotalAmount
        activeVirtualLicenses:*[] globalIpRecords:*[] publicSubnets:Network_Subnet[]
        privateSubnets:Network_Subnet[]
        """,
    ),
    "Virtual_Guest": _type(
        """
        id accountId globalIdentifier uuid hostname domain fullyQualifiedDomainName createDate
        modifyDate provisionDate metricPollDate lastPowerStateId lastVerifiedDate startCpus maxCpu
        maxCpuUnits maxMemory statusId typeId notes localDiskFlag dedicatedAccountHostOnlyFlag
        privateNetworkOnlyFlag placementGroupId postInstallScriptUri deviceStatusId
        managedResourceFlag supplementalCreateObjectOptions
        """,
        """
        status:Virtual_Guest_Status powerState:Virtual_Guest_Power_State deviceStatus:Device_Status
        lastKnownPowerState:Virtual_Guest_Power_State type:Virtual_Guest_Type account:Account
        activeTransaction:Provisioning_Version1_Transaction
        activeTransactions:Provisioning_Version1_Transaction[]
        lastTransaction:Provisioning_Version1_Transaction pendingMigrationFlag
        lastOperatingSystemReload:Provisioning_Version1_Transaction hourlyBillingFlag
        transientGuestFlag datacenter:Location location:Location primaryIpAddress
        primaryBackendIpAddress primaryIpv6Address
        primaryNetworkComponent:Virtual_Guest_Network_Component frontendRouters:Hardware_Router[]
        primaryBackendNetworkComponent:Virtual_Guest_Network_Component
        backendRouters:Hardware_Router[] networkComponents:Virtual_Guest_Network_Component[]
        networkVlans:Network_Vlan[] frontendNetworkComponents:Virtual_Guest_Network_Component[]
        backendNetworkComponents:Virtual_Guest_Network_Component[]
        blockDevices:Virtual_Guest_Block_Device[] operatingSystemReferenceCode
        blockDeviceTemplateGroup:Virtual_Guest_Block_Device_Template_Group
        sshKeys:Security_Ssh_Key[] operatingSystem:Software_Component
        softwareComponents:Software_Component[] userData:Virtual_Guest_Attribute[]
        tagReferences:Tag_Reference[] dedicatedHost:* host:* placementGroup:*
        billingItem:Billing_Item virtualRackName monitoringServiceComponent:* networkMonitors:*[]
        attachedNetworkStorages:*[] allowedHost:* allowedNetworkStorage:*[]
        bandwidthAllotmentDetail:* billingCycleBandwidthUsage:*[] reverseDomainRecords:*[]
        metricTrackingObjectId metricTrackingObject:* upgradeRequest:* isPingable:*
        browserConsoleAccessLogs:*[] remoteManagementAccounts:*[] securityScanRequests:*[]
        applicationDeliveryControllers:*[] serverRoom:* userCount availableBlockDevicePositions
        consoleIpAddressFlag
        """,
    ),
    "Virtual_Guest_Status": _type("keyName name"),
    "Virtual_Guest_Type": _type("id keyName name"),
    "Device_Status": _type("id name"),
    "Virtual_Guest_Power_State": _type("keyName name description"),
    "Virtual_Guest_Attribute": _type("value", "type:*"),
    "Virtual_Guest_Block_Device": _type(
        """
        id device guestId bootableFlag hotPlugFlag mountMode mountType statusId uuid createDate
        modifyDate diskImageId
        """,
        "diskImage:Virtual_Disk_Image guest:Virtual_Guest",
    ),
    "Virtual_Disk_Image": _type(
        "id name description capacity units typeId uuid createDate modifyDate parentId checksum",
        """
        type:Virtual_Disk_Image_Type metadataFlag localDiskFlag isEncrypted storageRepository:*
        softwareReferences:*[] billingItem:* storageGroups:*[] templateBlockDevice:*
        """,
    ),
    "Virtual_Disk_Image_Type": _type("keyName name description"),
    "Virtual_Guest_Network_Component": _type(
        """
        id guestId name macAddress maxSpeed speed port status networkId uuid createDate modifyDate
        """,
        """
        networkVlan:Network_Vlan primaryIpAddress primarySubnet:Network_Subnet
        router:Hardware_Router guest:Virtual_Guest
        securityGroupBindings:Virtual_Network_SecurityGroup_Binding[] subnets:Network_Subnet[]
        primaryIpAddressRecord:* ipAddressBindings:*[] networkComponentFirewall:* icpBinding:*
        """,
    ),
    "Virtual_Network_SecurityGroup_Binding": _type(
        "id networkComponentId securityGroupId", "securityGroup:Network_SecurityGroup networkComponent:*"
    ),
    "Network_SecurityGroup": _type(
        "id name description createDate modifyDate", "rules:*[] networkComponentBindings:*[]"
    ),
    "Virtual_Guest_Block_Device_Template_Group": _type(
        "id globalIdentifier name note createDate statusId",
        """
        children:*[] datacenters:Location[] accountId blockDevices:*[] imageType:* status:*
        transaction:* flexImageFlag accountContacts:*[]
        """,
    ),
    "Virtual_DedicatedHost": _type(
        "id name createDate cpuCount memoryCapacity diskCapacity", "datacenter:Location"
    ),
    "Provisioning_Version1_Transaction": _type(
        "id createDate modifyDate elapsedSeconds statusChangeDate guestId hardwareId",
        """
        transactionStatus:Provisioning_Version1_Transaction_Status averageDuration
        pendingTransactions:*[] transactionGroup:Provisioning_Version1_Transaction_Group
        guest:Virtual_Guest
        """,
    ),
    "Provisioning_Version1_Transaction_Status": _type("id name friendlyName averageDuration"),
    "Provisioning_Version1_Transaction_Group": _type("name averageTimeToComplete"),
    "Software_Component": _type(
        "id manufacturerActivationCode",
        """
        passwords:Software_Component_Password[] softwareLicense:Software_License
        softwareDescription:* virtualGuest:Virtual_Guest
        """,
    ),
    "Software_Component_Password": _type("id username password notes port softwareId createDate modifyDate"),
    "Software_License": _type("id softwareDescriptionId", "softwareDescription:Software_Description"),
    "Software_Description": _type(
        "id name version manufacturer referenceCode longDescription operatingSystem keyName",
        "requiredUser",
    ),
    "Security_Ssh_Key": _type(
        "id label key fingerprint notes createDate modifyDate", "virtualGuests:Virtual_Guest[]"
    ),
    "Tag_Reference": _type("id tagId resourceTableId tagTypeId usrRecordId", "tag:Tag tagType:Tag_Type"),
    "Tag": _type("id name accountId internal", "references:Tag_Reference[] account:*"),
    "Tag_Type": _type("keyName description"),
    "Location": _type(
        "id name longName statusId",
        """
        regions:Location_Region[] priceGroups:*[] groups:*[] locationAddress:* timezone:*
        euCompliantFlag locationStatus:* pathString parentLocation:* locationStatusId
        activePresaleEvents:*[]
        """,
    ),
    "Location_Region": _type(
        "keyname description sortOrder", "location:Location_Region_Location locations:*[]"
    ),
    "Location_Region_Location": _type("locationId", "location:Location"),
    "Network_Vlan": _type(
        "id accountId vlanNumber name note modifyDate primarySubnetId fullyQualifiedName",
        """
        networkSpace podName datacenter:Location tagReferences:Tag_Reference[]
        virtualGuests:Virtual_Guest[] subnets:Network_Subnet[] primarySubnets:Network_Subnet[]
        hardware:*[] primaryRouter:Hardware_Router totalPrimaryIpAddressCount networkVlanFirewall:*
        attachedNetworkGateway:* firewallInterfaces:*[] billingItem:Billing_Item
        networkComponentTrunks:*[] type:* primarySubnet:Network_Subnet attachedNetworkGatewayFlag
        dedicatedFirewallFlag publicNetworkFlag hardwareNetworkComponents:*[] networkComponents:*[]
        privateVlans:*[] scaleVlans:*[] localDiskStorageCapabilityFlag sanStorageCapabilityFlag
        """,
    ),
    "Network_Subnet": _type(
        """
        id networkIdentifier netmask cidr gateway broadcastAddress subnetType networkVlanId note
        version usableIpAddressCount totalIpAddresses isCustomerOwned sortOrder
        """,
        """
        addressSpace datacenter:Location networkVlan:Network_Vlan virtualGuests:Virtual_Guest[]
        hardware:*[] ipAddresses:*[] tagReferences:Tag_Reference[] endPointIpAddress:*
        billingItem:Billing_Item podName
        """,
    ),
    "Network_Pod": _type(
        """
        name capabilities datacenterId datacenterName datacenterLongName frontendRouterId
        frontendRouterName backendRouterId backendRouterName
        """
    ),
    "Hardware_Router": _type(
        "id hostname domain fullyQualifiedDomainName",
        "datacenter:Location topLevelLocation:Location primaryIpAddress hardwareStatus:*",
    ),
    "User_Customer": _type(
        "id username displayName email firstName lastName accountId createDate",
        """
        userStatus:* account:Account apiAuthenticationKeys:*[] hardware:*[] virtualGuests:Virtual_Guest[]
        roles:*[] externalBindings:*[] sslVpnAllowedFlag
        """,
    ),
    "Billing_Order": _type(
        "id accountId createDate modifyDate status userRecordId orderApprovalDate",
        """
        items:Billing_Order_Item[] userRecord:User_Customer orderTotalAmount initialInvoice:*
        account:Account orderTopLevelItems:Billing_Order_Item[]
        """,
    ),
    "Billing_Order_Item": _type(
        f"""
        id billingOrderId categoryCode description hostName domainName itemId itemPriceId presetId
        quantity parentId {_PRICE_FEES}
        """,
        """
        billingItem:Billing_Item order:Billing_Order package:Product_Package
        preset:Product_Package_Preset location:Location category:Product_Item_Category children:*[]
        itemPrice:*
        """,
    ),
    "Billing_Item": _type(
        f"""
        id createDate modifyDate cancellationDate cycleStartDate categoryCode description hostName
        domainName notes orderItemId parentId resourceTableId resourceName {_PRICE_FEES}
        """,
        """
        nextInvoiceTotalRecurringAmount nextInvoiceTotalOneTimeAmount hourlyFlag location:Location
        package:Product_Package children:Billing_Item[] nextInvoiceChildren:Billing_Item[]
        parent:Billing_Item orderItem:Billing_Order_Item activeChildren:Billing_Item[] activeFlag
        category:Product_Item_Category item:Product_Item account:Account upgradeItems:*[]
        """,
    ),
    "Product_Package": _type(
        "id name keyName description isActive unitSize subDescription firstOrderStepId",
        """
        type:Product_Package_Type items:Product_Item[] itemPrices:Product_Item_Price[]
        activePresets:Product_Package_Preset[]
        accountRestrictedActivePresets:Product_Package_Preset[] regions:Location_Region[]
        locations:Location[] configuration:Product_Package_Order_Configuration[]
        categories:Product_Item_Category[] availableLocations:*[]
        """,
    ),
    "Product_Package_Type": _type("id name keyName"),
    "Product_Package_Order_Configuration": _type(
        "id isRequired itemCategoryId packageId sort orderStepId", "itemCategory:Product_Item_Category"
    ),
    "Product_Package_Preset": _type(
        "id name keyName description isActive packageId",
        """
        prices:Product_Item_Price[] locations:Location[] configuration:*[] package:Product_Package
        totalMinimumHourlyFee totalMinimumRecurringFee computeGroup:*
        """,
    ),
    "Product_Item": _type(
        """
        id keyName description longDescription capacity units itemTaxCategoryId
        softwareDescriptionId
        """,
        """
        itemCategory:Product_Item_Category! categories:Product_Item_Category[]
        prices:Product_Item_Price[] softwareDescription:Software_Description attributes:*[]
        packages:Product_Package[] capacityMaximum capacityMinimum totalPhysicalCoreCount
        bundleItems:*[] m2ControllerFlag
        """,
    ),
    "Product_Item_Price": _type(
        f"""
        id itemId locationGroupId quantity sort usageRate onSaleFlag termLength {_PRICE_FEES}
        capacityRestrictionType capacityRestrictionMinimum capacityRestrictionMaximum
        """,
        """
        item:Product_Item categories:Product_Item_Category[] pricingLocationGroup:*
        packageReferences:*[] packages:Product_Package[] attributes:*[]
        """,
    ),
    "Product_Item_Category": _type("id name categoryCode quantityLimit sortOrder"),
    "Container_Search_Result": _type("relevanceScore resourceType matchedTerms", "resource:*"),
}
