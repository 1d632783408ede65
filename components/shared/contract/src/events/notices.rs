//! What happens to contacts, groups and accounts (seed 001:29-83, 153-365).

use super::{
    EventType, Field, Media,
    field::{
        MediaKind::Image,
        Role,
        Shape::{Boolean, Integer, People, QrCodeState, Text},
    },
};

const OPERATOR: Field = Field::required("operatorId", Text, &["op_user_id"], "操作人id");
const OPERATOR_NAME: Field = Field::required("operatorName", Text, &["op_user_name"], "操作人名称");
const ROOM_NAME: Field = Field::required("roomName", Text, &["room_name"], "群名称");
const MEMBERS: &[Field] =
    &[Field::required("members", People, &["member_list"], "相关的群成员"), OPERATOR, OPERATOR_NAME, ROOM_NAME];

const USER: Field = Field::required("userId", Text, &["user_id"], "用户id");
const NAME: Field = Field::required("name", Text, &["username"], "名称");
const NICKNAME: Field = Field::required("nickname", Text, &["nickname"], "昵称");
const ACCOUNT_ID: Field = Field::required("acctId", Text, &["acctid"], "平台字段 acctid");
const CORP: Field = Field::required("corpId", Text, &["corp_id"], "企业id;好友为微信用户时是微信的企业id");
const MOBILE: Field = Field::required("mobile", Text, &["mobile"], "手机号");
const POSITION: Field = Field::required("position", Text, &["position"], "职位");
const SEX: Field = Field::required("sex", Integer, &["sex"], "平台的性别编号");
const AVATAR: Media = Media::required(Role::Avatar, Image, "avatar");

pub(super) const TYPES: &[EventType] = &[
    EventType {
        account: Some("vid"),
        ..EventType::new(
            "qrcode_status_msg",
            "001:30",
            "登录二维码状态",
            "The QR code of a login changed its state",
            &[
                Field::required("status", QrCodeState, &["status"], "二维码状态名"),
                Field::required("statusCode", Integer, &["status"], "二维码状态编号"),
                Field::required("qrcodeKey", Text, &["qrcode_key"], "二维码 key,输入登录验证码时使用"),
                Field::required("keepSeconds", Integer, &["keep_sec"], "平台字段 keep_sec"),
                Field::required("nickname", Text, &["nick_name"], "企业微信的姓名"),
                Field::required("corpId", Text, &["corpid"], "企业id"),
                Field::required("gid", Text, &["gid"], "平台字段 gid"),
                Field::required("vid", Text, &["vid"], "企业微信id"),
                Field::required("authDeviceId", Text, &["auth_deviceid"], "平台字段 auth_deviceid"),
                Field::required("isBindWx", Boolean, &["is_bind_wx"], "是否已绑定微信"),
                Field::required("langType", Integer, &["lang_type"], "平台字段 lang_type"),
            ],
        )
    }
    .noted("状态为 QRCODE_REQUIRE_VERIFY(10)时需要输入登录验证码:/container/verify 的 hostname 为 data.source,key 为 qrcodeKey")
    .showing(&[Media::required(Role::Icon, Image, "icon_url"), Media::required(Role::Logo, Image, "logo")]),
    EventType::new(
        "safe_validate",
        "001:71",
        "扫码安全验证",
        "A new device has to be confirmed by scanning a QR code",
        &[Field::required("name", Text, &["UserName"], "企业微信名称")],
    )
    .noted("二维码图片有效期5分钟")
    .showing(&[Media::required(Role::QrCode, Image, "Qrcode")]),
    EventType::new(
        "notify_type_contact_add",
        "001:157",
        "有新的联系人被添加",
        "A contact was added",
        &[
            USER,
            NAME,
            NICKNAME,
            Field::required("realName", Text, &["realname"], "真实姓名"),
            Field::required("remark", Text, &["remark"], "备注"),
            MOBILE,
            POSITION,
            SEX,
            Field::required("unionId", Text, &["unionid"], "微信 unionid"),
            ACCOUNT_ID,
            CORP,
        ],
    )
    .noted("客户没有开启联系人验证,或客户已是企业微信的好友时,添加好友没有此回调,可通过灰色字体消息判断")
    .showing(&[AVATAR]),
    EventType::new("notify_type_room_add_member", "001:185", "群成员新增通知", "Members joined a group", MEMBERS),
    EventType::new("notify_type_room_del_member", "001:205", "移除群成员通知", "Members were removed from a group", MEMBERS),
    EventType::new("notify_type_room_create", "001:225", "新群通知", "A group was created", MEMBERS),
    EventType::new(
        "notify_type_room_member_quit",
        "001:247",
        "群成员主动退群通知",
        "A member left a group",
        &[OPERATOR, OPERATOR_NAME, ROOM_NAME],
    ),
    EventType::new(
        "room_name_changed",
        "001:265",
        "修改群名称通知",
        "A group was renamed",
        &[OPERATOR, Field::required("roomName", Text, &["room_name"], "修改后的群名称")],
    ),
    EventType::new(
        "chat_gray_msg",
        "001:282",
        "灰色字体消息",
        "A notice in grey within a conversation",
        &[Field::required("text", Text, &["content"], "文字内容")],
    ),
    EventType::new(
        "user_login",
        "001:307",
        "企微登录回调",
        "An account logged in",
        &[
            USER,
            NAME,
            NICKNAME,
            Field::required("loginName", Text, &["account"], "登录账号"),
            ACCOUNT_ID,
            CORP,
            Field::required("email", Text, &["email"], "邮箱"),
            MOBILE,
            Field::required("jobName", Text, &["job_name"], "平台字段 job_name"),
            POSITION,
            SEX,
            Field::required("pid", Integer, &["pid"], "进程id"),
            Field::required("documentRoot", Text, &["document_root"], "平台字段 document_root"),
        ],
    )
    .showing(&[AVATAR]),
    EventType::new("user_offline", "001:335", "企微离线回调", "An account went offline", &[])
        .noted("企业微信账号注销、在其他地方登录、异常退出时收到"),
    EventType::new(
        "batch_msg_confirm",
        "001:348",
        "群发确认消息",
        "A message to many waits for its confirmation",
        &[
            Field::required("title", Text, &["title"], "标题"),
            Field::required("card", Text, &["content"], "卡片内容,JSON 文本"),
        ],
    )
    .noted("可调用 /batchmsg/confirm 确认"),
];
