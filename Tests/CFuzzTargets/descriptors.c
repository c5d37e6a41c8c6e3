/* Every message type of the schema. The messages target finds out when one is missing. */
#include "CFuzzTargets.h"

#include <string.h>

#include "cutover/v1/alarm.pb-c.h"
#include "cutover/v1/error.pb-c.h"
#include "cutover/v1/status.pb-c.h"
#include "cutover/v1/stop.pb-c.h"
#include "cutover/v1/system.pb-c.h"
#include "cutover/v1/task.pb-c.h"

static const ProtobufCMessageDescriptor *const descriptors[] = {
    &cutover__v1__alarm__descriptor,
    &cutover__v1__list_alarms_request__descriptor,
    &cutover__v1__list_alarms_response__descriptor,
    &cutover__v1__watch_alarms_request__descriptor,
    &cutover__v1__watch_alarms_event__descriptor,
    &cutover__v1__error_info__descriptor,
    &cutover__v1__error_detail__descriptor,
    &cutover__v1__task_failure__descriptor,
    &cutover__v1__task_label__descriptor,
    &cutover__v1__drain_target__descriptor,
    &cutover__v1__object_outcome__descriptor,
    &cutover__v1__object_inventory__descriptor,
    &cutover__v1__phase_record__descriptor,
    &cutover__v1__table_outcome__descriptor,
    &cutover__v1__resource_outcome__descriptor,
    &cutover__v1__stop__descriptor,
    &cutover__v1__receipt__descriptor,
    &cutover__v1__stop_task_request__descriptor,
    &cutover__v1__stop_task_response__descriptor,
    &cutover__v1__cancel_stop_request__descriptor,
    &cutover__v1__finish_residue_request__descriptor,
    &cutover__v1__plan_stop_request__descriptor,
    &cutover__v1__stop_plan__descriptor,
    &cutover__v1__get_stop_request__descriptor,
    &cutover__v1__stop_selector__descriptor,
    &cutover__v1__stop_override__descriptor,
    &cutover__v1__batch_stop_request__descriptor,
    &cutover__v1__batch_accepted__descriptor,
    &cutover__v1__batch_item__descriptor,
    &cutover__v1__batch_summary__descriptor,
    &cutover__v1__batch_stop_event__descriptor,
    &cutover__v1__stop_batch__descriptor,
    &cutover__v1__batch_record__descriptor,
    &cutover__v1__batch_page__descriptor,
    &cutover__v1__get_batch_stop_request__descriptor,
    &cutover__v1__get_batch_stop_response__descriptor,
    &cutover__v1__list_batch_stops_request__descriptor,
    &cutover__v1__list_batch_stops_response__descriptor,
    &cutover__v1__watch_batch_stop_request__descriptor,
    &cutover__v1__cancel_batch_stop_request__descriptor,
    &cutover__v1__audit_record__descriptor,
    &cutover__v1__read_audit_request__descriptor,
    &cutover__v1__read_audit_event__descriptor,
    &cutover__v1__audit_head__descriptor,
    &cutover__v1__health_check_request__descriptor,
    &cutover__v1__health_check_response__descriptor,
    &cutover__v1__echo_request__descriptor,
    &cutover__v1__echo_response__descriptor,
    &cutover__v1__list_methods_request__descriptor,
    &cutover__v1__method_description__descriptor,
    &cutover__v1__list_methods_response__descriptor,
    &cutover__v1__get_stats_request__descriptor,
    &cutover__v1__method_stats__descriptor,
    &cutover__v1__server_stats__descriptor,
    &cutover__v1__database_endpoint__descriptor,
    &cutover__v1__task_spec__descriptor,
    &cutover__v1__pre_check_finding__descriptor,
    &cutover__v1__pre_check_report__descriptor,
    &cutover__v1__migration_progress__descriptor,
    &cutover__v1__migration_task__descriptor,
    &cutover__v1__task_record__descriptor,
    &cutover__v1__action_availability__descriptor,
    &cutover__v1__task_event__descriptor,
    &cutover__v1__create_task_request__descriptor,
    &cutover__v1__configure_task_request__descriptor,
    &cutover__v1__start_task_request__descriptor,
    &cutover__v1__pause_task_request__descriptor,
    &cutover__v1__resume_task_request__descriptor,
    &cutover__v1__delete_task_request__descriptor,
    &cutover__v1__delete_task_response__descriptor,
    &cutover__v1__get_task_request__descriptor,
    &cutover__v1__list_tasks_request__descriptor,
    &cutover__v1__list_tasks_response__descriptor,
    &cutover__v1__list_actions_request__descriptor,
    &cutover__v1__list_actions_response__descriptor,
    &cutover__v1__watch_tasks_request__descriptor,
    &cutover__v1__watch_event__descriptor,
};

const ProtobufCMessageDescriptor *cutover_fuzz_descriptor(const char *name) {
    for (size_t i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++) {
        if (strcmp(descriptors[i]->name, name) == 0) return descriptors[i];
    }
    return NULL;
}
