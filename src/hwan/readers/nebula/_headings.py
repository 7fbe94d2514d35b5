"""What NEBULA's headings mean: the name under which each is kept in the table of work steps."""

from __future__ import annotations

from typing import Final

RECOGNISED: Final = ("工步序号", "步次", "状态", "绝对时间", "起始电压(V)", "结束电压(V)")
STATE: Final = "step_type"
TEXTS: Final = ("step_type", "raw_step_kind", "raw_result")
CLOCKS: Final = ("start_second", "end_second")
DURATIONS: Final = ("step_time_second", "raw_relative_time_second")
RESULT_JUMP: Final = "手动跳转"
REST: Final = "静置"
CHARGE_TO_FULL: Final = "充电 CC-CV"
DISCHARGE: Final = "放电 DC"

NAMES: Final = {
    "工步序号": "step_count",
    "步次": "step_id",
    "原始步次": "raw_original_step",
    "循环": "cycle_count",
    "循环步骤号": "raw_loop_step",
    "通道": "raw_channel",
    "工步类型": "raw_step_kind",
    "状态": "step_type",
    "绝对时间": "start_second",
    "结果": "raw_result",
    "起始电压(V)": "start_voltage_volt",
    "最大电压(V)": "raw_highest_voltage_volt",
    "结束电压(V)": "end_voltage_volt",
    "起始电流(A)": "start_current_ampere",
    "结束电流(A)": "end_current_ampere",
    "充电容量(Ah)": "step_charging_capacity_ah",
    "放电容量(Ah)": "step_discharging_capacity_ah",
    "净放电容量(Ah)": "raw_net_discharging_capacity_ah",
    "总容量(Ah)": "raw_total_capacity_ah",
    "充电能量(Wh)": "step_charging_energy_wh",
    "放电能量(Wh)": "step_discharging_energy_wh",
    "净放电能量(Wh)": "raw_net_discharging_energy_wh",
    "总能量(Wh)": "raw_total_energy_wh",
    "相对时间(h:min:s.ms)": "raw_relative_time_second",
    "持续时间(h:min:s:ms)": "step_time_second",
    "结束时间": "end_second",
    "中值电压(V)": "raw_median_voltage_volt",
    "恒流容量(Ah)": "raw_constant_current_capacity_ah",
    "恒压容量(Ah)": "raw_constant_voltage_capacity_ah",
    "恒流容量比(%)": "raw_constant_current_share_percent",
    "恒压容量比(%)": "raw_constant_voltage_share_percent",
    "外压极大值(N¦Mpa)": "raw_highest_outer_pressure",
    "内压极大值(N¦Mpa)": "raw_highest_inner_pressure",
    "外压极小值(N¦Mpa)": "raw_lowest_outer_pressure",
    "内压极小值(N¦Mpa)": "raw_lowest_inner_pressure",
    **{
        f"{chinese}温度{n}(℃)": f"{english}_t{n}_celsius"
        for n in range(1, 6)
        for chinese, english in (("开始", "start"), ("结束", "end"), ("最大", "raw_highest"))
    },
}
REQUIRED: Final = (
    "step_type", "start_second", "end_second", "step_time_second", "start_voltage_volt", "end_voltage_volt",
    "start_current_ampere", "end_current_ampere",
)  # fmt: skip
